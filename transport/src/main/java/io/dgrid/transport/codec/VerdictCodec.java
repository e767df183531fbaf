package io.dgrid.transport.codec;

import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import io.dgrid.core.receipt.VerdictResult;
import io.dgrid.proto.quality.v1.SignedVerdict;

/** Verdicts; the verifier's report travels beside them and is read where it is needed. */
public final class VerdictCodec {
  private VerdictCodec() {}

  public static Signed<Verdict> fromWire(SignedVerdict wire) {
    io.dgrid.proto.quality.v1.Verdict v = wire.getVerdict();
    Verdict verdict =
        Wire.build(
            "verdict",
            () ->
                new Verdict(
                    Wire.receiptHash(v.getReceiptHash()),
                    Wire.address(v.getNode(), "verdict.node"),
                    Wire.address(v.getVerifier(), "verdict.verifier"),
                    VerdictResult.of(v.getResultValue()),
                    v.getTestsRun(),
                    v.getTestsFailed(),
                    Wire.count(v.getTokens(), "verdict.tokens"),
                    Wire.count(v.getLogprobDistance(), "verdict.logprob_distance"),
                    Wire.count(v.getRedrawMismatches(), "verdict.redraw_mismatches"),
                    v.getDecidedAt()));
    return new Signed<>(verdict, Wire.signature(wire.getSignature(), "verdict.signature"));
  }

  /** The verdict alone; callers add the verifier's report. */
  public static SignedVerdict.Builder toWire(Signed<Verdict> signed) {
    Verdict v = signed.statement();
    return SignedVerdict.newBuilder()
        .setVerdict(
            io.dgrid.proto.quality.v1.Verdict.newBuilder()
                .setReceiptHash(Wire.bytes(v.receiptHash()))
                .setNode(Wire.bytes(v.node()))
                .setVerifier(Wire.bytes(v.verifier()))
                .setResultValue(v.result().code())
                .setTestsRun(v.testsRun())
                .setTestsFailed(v.testsFailed())
                .setTokens(v.tokens())
                .setLogprobDistance(v.logprobDistance())
                .setRedrawMismatches(v.redrawMismatches())
                .setDecidedAt(v.decidedAt()))
        .setSignature(Wire.bytes(signed.signature()));
  }
}
