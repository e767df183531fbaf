package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;
import static io.dgrid.cli.proof.Check.Result.PENDING;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.ReceiptRules;
import io.dgrid.proto.settlement.v1.AuditBundle;
import io.dgrid.proto.settlement.v1.ReceiptEvidence;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything anyone can check about a job with a bundle and a chain. Trusts the endpoint, and the
 * two contract addresses, which it therefore compares with those the reader knows.
 */
public final class BundleChecks {
  private static final int VERSION = 1;

  private final ChainFacts chain;
  private final Map<String, Address> known;

  /**
   * @param known contract name → address, from a source the reader trusts; empty: none
   */
  public BundleChecks(ChainFacts chain, Map<String, Address> known) {
    this.chain = chain;
    this.known = Map.copyOf(known);
  }

  /** Checks a file as it was read. */
  public List<Check> checkFile(byte[] file) {
    Optional<AuditBundle> bundle = BundleFile.parse(file);
    if (bundle.isEmpty()) {
      return List.of(
          new Check(
              "file", BROKEN, "not a bundle in canonical form, it was changed or is no bundle"));
    }
    List<Check> checks = new ArrayList<>();
    checks.add(new Check("file", GOOD, "canonical, " + file.length + " bytes"));
    checks.addAll(check(bundle.get()));
    return checks;
  }

  /** Checks a bundle of provable facts, see {@link BundleFile#provable}. */
  public List<Check> check(AuditBundle bundle) {
    List<Check> checks = new ArrayList<>();
    try {
      checkAll(bundle, checks);
    } catch (DGridException malformed) {
      checks.add(new Check("well-formed", BROKEN, malformed.getMessage()));
    }
    return checks;
  }

  private void checkAll(AuditBundle bundle, List<Check> checks) {
    checks.add(
        new Check(
            "version",
            bundle.getVersion() == VERSION ? GOOD : BROKEN,
            "format " + bundle.getVersion()));
    BigInteger chainId = chain.chainId();
    boolean sameChain =
        bundle.getChainId() > 0 && chainId.equals(BigInteger.valueOf(bundle.getChainId()));
    checks.add(new Check("chain", sameChain ? GOOD : BROKEN, "chain " + chainId));
    if (!sameChain) {
      return;
    }
    Address settlement = Wire.address(bundle.getSettlement(), "settlement");
    checks.add(contract("settlement contract", "Settlement", settlement));
    Address registry = Wire.address(bundle.getNodeRegistry(), "node_registry");
    checks.add(contract("registry contract", "NodeRegistry", registry));
    if (settlement.isZero()) {
      return;
    }
    Domain domain = new Domain(bundle.getChainId(), settlement);
    JobId job = Wire.jobId(bundle.getJobId());
    List<Receipt> receipts = new ArrayList<>();
    for (int i = 0; i < bundle.getReceiptsCount(); i++) {
      ReceiptEvidence evidence = bundle.getReceipts(i);
      receipts.add(ReceiptCodec.fromWire(evidence.getReceipt()).receipt().statement());
      checks.addAll(
          new ReceiptChecks(chain, domain, registry, "receipt " + (i + 1) + " ")
              .check(job, evidence));
    }
    checks.add(whole(receipts));
  }

  private Check contract(String name, String contract, Address stated) {
    Optional<Address> trusted = Optional.ofNullable(known.get(contract));
    if (trusted.isPresent() && !trusted.get().equals(stated)) {
      return new Check(name, BROKEN, stated + ", but this network's is " + trusted.get());
    }
    return new Check(name, GOOD, stated + (trusted.isPresent() ? "" : ", as the bundle says"));
  }

  /** The receipts are one answer: nothing is billed twice. */
  private static Check whole(List<Receipt> receipts) {
    if (receipts.isEmpty()) {
      return new Check("answer", PENDING, "no receipt yet");
    }
    if (!ReceiptRules.join(receipts)) {
      return new Check("answer", BROKEN, "the receipts' token ranges overlap or are out of order");
    }
    int tokens = receipts.stream().mapToInt(Receipt::outputTokens).sum();
    int unbilled = ReceiptRules.unbilled(receipts);
    String free =
        unbilled == 0 ? "" : ", %d more unbilled: their node signed nothing".formatted(unbilled);
    return new Check(
        "answer", GOOD, "%d tokens in %d receipts%s".formatted(tokens, receipts.size(), free));
  }
}
