package io.dgrid.cli.proof;

import static io.dgrid.cli.proof.Check.Result.BROKEN;
import static io.dgrid.cli.proof.Check.Result.GOOD;
import static io.dgrid.cli.proof.Check.Result.PENDING;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.cli.chain.ChainFacts.Log;
import io.dgrid.cli.chain.ChainFacts.MinedTransaction;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.settlement.v1.Batch;
import io.dgrid.transport.codec.Wire;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether the transaction that a bundle names settled its batch, in a block that stays. */
final class TransactionChecks {
  /** {@code BatchSettled(root indexed, commitment, count, number indexed)}. */
  static final Hash BATCH_SETTLED = topic("BatchSettled(bytes32,bytes32,uint32,uint64)");

  /** {@code VoucherSettled(client indexed, node indexed, epoch, paid, fee, cumulative)}. */
  static final Hash VOUCHER_SETTLED =
      topic("VoucherSettled(address,address,uint64,uint128,uint128,uint128)");

  private static final int PAID_WORD = 1;
  private static final int FEE_WORD = 2;

  private final ChainFacts chain;
  private final Address settlement;
  private final String prefix;

  TransactionChecks(ChainFacts chain, Address settlement, String prefix) {
    this.chain = chain;
    this.settlement = settlement;
    this.prefix = prefix;
  }

  List<Check> check(Batch batch) {
    List<Check> checks = new ArrayList<>();
    Hash hash = Wire.hash(batch.getTransactionHash(), "batch.transaction_hash");
    Optional<MinedTransaction> found = chain.transaction(hash);
    if (found.isEmpty()) {
      checks.add(new Check(prefix + "batch transaction", BROKEN, hash + " is not on this chain"));
      return checks;
    }
    MinedTransaction mined = found.get();
    boolean settles =
        mined.succeeded()
            && mined.gasUsed() == batch.getGasUsed()
            && mined.logs().stream().anyMatch(log -> isSettlementOf(batch, log));
    checks.add(
        new Check(
            prefix + "batch transaction",
            settles ? GOOD : BROKEN,
            "%s, %d gas".formatted(hash, mined.gasUsed())));
    checks.add(payments(batch, mined));
    checks.add(block(batch, mined));
    return checks;
  }

  private boolean isSettlementOf(Batch batch, Log log) {
    return log.contract().equals(settlement)
        && log.topics().size() == 3
        && log.topics().get(0).equals(BATCH_SETTLED)
        && log.topics().get(1).equals(Wire.hash(batch.getReceiptsRoot(), "batch.receipts_root"))
        && log.data().size() == 2
        && log.data().get(0).equals(Wire.hash(batch.getDataCommitment(), "batch.data_commitment"))
        && number(log.data().get(1)).equals(BigInteger.valueOf(batch.getReceiptCount()));
  }

  private Check payments(Batch batch, MinedTransaction mined) {
    BigInteger paid = BigInteger.ZERO;
    BigInteger fee = BigInteger.ZERO;
    for (Log log : mined.logs()) {
      if (log.contract().equals(settlement)
          && !log.topics().isEmpty()
          && log.topics().getFirst().equals(VOUCHER_SETTLED)
          && log.data().size() == 4) {
        paid = paid.add(number(log.data().get(PAID_WORD)));
        fee = fee.add(number(log.data().get(FEE_WORD)));
      }
    }
    boolean same = batch.getPaid().equals(paid.toString()) && batch.getFee().equals(fee.toString());
    return new Check(
        prefix + "batch payments",
        same ? GOOD : BROKEN,
        "%s paid, %s of it fee"
            .formatted(new TokenAmount(paid).display(), new TokenAmount(fee).display()));
  }

  private Check block(Batch batch, MinedTransaction mined) {
    Hash stated = Wire.hash(batch.getBlockHash(), "batch.block_hash");
    boolean there =
        mined.blockNumber() == batch.getBlockNumber()
            && mined.blockHash().equals(stated)
            && chain.blockHash(batch.getBlockNumber()).filter(stated::equals).isPresent();
    if (!there) {
      return new Check(prefix + "block", BROKEN, "the transaction is in another block");
    }
    boolean isFinal = chain.finalizedBlock() >= batch.getBlockNumber();
    return new Check(
        prefix + "block",
        isFinal ? GOOD : PENDING,
        "%d %s%s"
            .formatted(batch.getBlockNumber(), stated, isFinal ? ", final" : ", not final yet"));
  }

  private static BigInteger number(Hash word) {
    return new BigInteger(1, word.toBytes());
  }

  private static Hash topic(String signature) {
    return Keccak.hash(signature.getBytes(StandardCharsets.US_ASCII));
  }
}
