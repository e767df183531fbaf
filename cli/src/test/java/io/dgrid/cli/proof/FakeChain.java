package io.dgrid.cli.proof;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A chain in memory. Answers for its own contracts only, as the real one does. */
public final class FakeChain implements ChainFacts {
  private record Channel(Address client, Address node, long epoch) {}

  private final long id;
  private final Address settlement;
  private final Address registry;
  private final Address oracle;
  private final Map<Hash, SettledBatch> batches = new HashMap<>();
  private final Map<Channel, TokenAmount> paid = new HashMap<>();
  private final Map<Hash, MinedTransaction> transactions = new HashMap<>();
  private final Map<Long, Hash> blocks = new HashMap<>();
  long finalized = Long.MAX_VALUE;
  boolean granted;
  public Optional<KeyGrant> grant = Optional.empty();

  public FakeChain(long id, Address settlement, Address registry, Address oracle) {
    this.id = id;
    this.settlement = settlement;
    this.registry = registry;
    this.oracle = oracle;
  }

  void settle(Hash root, Hash commitment, int receipts) {
    batches.put(root, new SettledBatch(commitment, batches.size() + 1, receipts));
  }

  void forget() {
    batches.clear();
    transactions.clear();
    paid.clear();
  }

  public void pay(Address client, Address node, long epoch, TokenAmount total) {
    paid.put(new Channel(client, node, epoch), total);
  }

  void mine(
      Hash transaction,
      long number,
      Hash block,
      long gas,
      Hash root,
      Hash commitment,
      int receipts,
      long amount,
      long fee) {
    Log batch =
        new Log(
            settlement,
            List.of(TransactionChecks.BATCH_SETTLED, root, word(1)),
            List.of(commitment, word(receipts)));
    Log voucher =
        new Log(
            settlement,
            List.of(TransactionChecks.VOUCHER_SETTLED, word(1), word(2)),
            List.of(word(1), word(amount), word(fee), word(amount)));
    transactions.put(
        transaction, new MinedTransaction(number, block, gas, true, List.of(batch, voucher)));
    blocks.put(number, block);
  }

  private static Hash word(long value) {
    return new Hash(0, 0, 0, value);
  }

  @Override
  public BigInteger chainId() {
    return BigInteger.valueOf(id);
  }

  @Override
  public Optional<SettledBatch> batchOf(Address contract, Hash receiptsRoot) {
    return contract.equals(settlement)
        ? Optional.ofNullable(batches.get(receiptsRoot))
        : Optional.empty();
  }

  @Override
  public boolean verifyReceipt(
      Address contract, Hash receiptsRoot, ReceiptHash receipt, List<Hash> siblings) {
    return batchOf(contract, receiptsRoot).isPresent()
        && MerkleTree.verify(receiptsRoot, MerkleTree.leaf(receipt), siblings);
  }

  @Override
  public Optional<TokenAmount> settledAmount(
      Address contract, Address client, Address node, long epoch) {
    return contract.equals(settlement)
        ? Optional.of(paid.getOrDefault(new Channel(client, node, epoch), TokenAmount.ZERO))
        : Optional.empty();
  }

  @Override
  public Optional<KeyGrant> grantOf(Address contract, Address client, Address key) {
    return contract.equals(settlement) ? grant : Optional.empty();
  }

  @Override
  public boolean wasGranted(Address contract, Address client, Address key) {
    return granted;
  }

  @Override
  public boolean isOracle(Address nodeRegistry, Address account) {
    return nodeRegistry.equals(registry) && account.equals(oracle);
  }

  @Override
  public Optional<TokenAmount> escrowBalance(Address contract, Address client) {
    return Optional.empty();
  }

  @Override
  public Optional<TokenAmount> earnings(Address contract, Address account) {
    return Optional.empty();
  }

  @Override
  public Optional<Address> treasury(Address contract) {
    return Optional.empty();
  }

  @Override
  public Optional<MinedTransaction> transaction(Hash hash) {
    return Optional.ofNullable(transactions.get(hash));
  }

  @Override
  public Optional<Hash> blockHash(long number) {
    return Optional.ofNullable(blocks.get(number));
  }

  @Override
  public long finalizedBlock() {
    return finalized;
  }
}
