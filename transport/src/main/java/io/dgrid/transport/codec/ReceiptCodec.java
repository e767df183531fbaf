package io.dgrid.transport.codec;

import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;

/** Receipts with their offer and request. */
public final class ReceiptCodec {
  private ReceiptCodec() {}

  public static IssuedReceipt fromWire(io.dgrid.proto.receipt.v1.IssuedReceipt wire) {
    return new IssuedReceipt(
        new Signed<>(
            fromWire(wire.getReceipt()), Wire.signature(wire.getSignature(), "receipt.signature")),
        OfferCodec.fromWire(wire.getOffer()),
        JobRequestCodec.fromWire(wire.getRequest()));
  }

  public static Receipt fromWire(io.dgrid.proto.receipt.v1.Receipt r) {
    return Wire.build(
        "receipt",
        () ->
            new Receipt(
                new JobId(Wire.hash(r.getJobId(), "receipt.job_id")),
                Wire.count(r.getAttempt(), "receipt.attempt"),
                Wire.address(r.getClient(), "receipt.client"),
                Wire.address(r.getNode(), "receipt.node"),
                Wire.modelId(r.getModelId()),
                Wire.hash(r.getRequestHash(), "receipt.request_hash"),
                Wire.hash(r.getResponseHash(), "receipt.response_hash"),
                Wire.hash(r.getFingerprintRoot(), "receipt.fingerprint_root"),
                Wire.count(r.getFirstPosition(), "receipt.first_position"),
                Wire.count(r.getInputTokens(), "receipt.input_tokens"),
                Wire.count(r.getOutputTokens(), "receipt.output_tokens"),
                Wire.amount(r.getAmount(), "receipt.amount"),
                r.getStartedAt(),
                r.getFinishedAt(),
                Wire.finishReason(r.getFinishReason()),
                Wire.hash(r.getPreviousReceipt(), "receipt.previous_receipt")));
  }

  public static io.dgrid.proto.receipt.v1.IssuedReceipt toWire(IssuedReceipt issued) {
    return io.dgrid.proto.receipt.v1.IssuedReceipt.newBuilder()
        .setReceipt(toWire(issued.receipt().statement()))
        .setSignature(Wire.bytes(issued.receipt().signature()))
        .setOffer(OfferCodec.toWire(issued.offer()))
        .setRequest(JobRequestCodec.toWire(issued.request()))
        .build();
  }

  public static io.dgrid.proto.receipt.v1.Receipt toWire(Receipt r) {
    return io.dgrid.proto.receipt.v1.Receipt.newBuilder()
        .setJobId(Wire.bytes(r.jobId()))
        .setAttempt(r.attempt())
        .setClient(Wire.bytes(r.client()))
        .setNode(Wire.bytes(r.node()))
        .setModelId(Wire.bytes(r.modelId()))
        .setRequestHash(Wire.bytes(r.requestHash()))
        .setResponseHash(Wire.bytes(r.responseHash()))
        .setFingerprintRoot(Wire.bytes(r.fingerprintRoot()))
        .setFirstPosition(r.firstPosition())
        .setInputTokens(r.inputTokens())
        .setOutputTokens(r.outputTokens())
        .setAmount(r.amount().toString())
        .setStartedAt(r.startedAt())
        .setFinishedAt(r.finishedAt())
        .setFinishReason(r.finishReason().code())
        .setPreviousReceipt(Wire.bytes(r.previousReceipt()))
        .build();
  }
}
