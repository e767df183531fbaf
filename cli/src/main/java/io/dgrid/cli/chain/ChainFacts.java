package io.dgrid.cli.chain;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * What a chain says. A contract that is not there, or is another one, gives empty or false, never a
 * failure; failures mean that the chain was not asked.
 */
public interface ChainFacts {
  /** A batch as the Settlement contract has it. */
  record SettledBatch(Hash dataCommitment, long number, int receiptCount) {}

  /** A mined transaction. */
  record MinedTransaction(
      long blockNumber, Hash blockHash, long gasUsed, boolean succeeded, List<Log> logs) {
    public MinedTransaction {
      logs = List.copyOf(logs);
    }
  }

  /** One event; {@code data} holds whole words. */
  record Log(Address contract, List<Hash> topics, List<Hash> data) {
    public Log {
      topics = List.copyOf(topics);
      data = List.copyOf(data);
    }
  }

  /**
   * What a client allowed a session key.
   *
   * @param active granted and not revoked; may have expired
   * @param scoped for one model only; the chain pays no voucher that such a key signed
   * @param remaining what vouchers of the key can still move
   * @param expiry Unix milliseconds, unsigned
   */
  record KeyGrant(boolean active, boolean scoped, TokenAmount remaining, long expiry) {}

  BigInteger chainId();

  /** The batch with this root; empty when it is not settled. */
  Optional<SettledBatch> batchOf(Address settlement, Hash receiptsRoot);

  /** Whether the contract itself accepts the inclusion proof. */
  boolean verifyReceipt(
      Address settlement, Hash receiptsRoot, ReceiptHash receipt, List<Hash> siblings);

  /** Total paid in a channel so far; empty where there is no such contract. */
  Optional<TokenAmount> settledAmount(Address settlement, Address client, Address node, long epoch);

  /** The grant at the escrow that the settlement names; empty when there never was one. */
  Optional<KeyGrant> grantOf(Address settlement, Address client, Address key);

  /** Whether the client ever granted the key, at the escrow that the settlement names. */
  boolean wasGranted(Address settlement, Address client, Address key);

  boolean isOracle(Address nodeRegistry, Address account);

  /** Balance in the escrow that the settlement names. */
  Optional<TokenAmount> escrowBalance(Address settlement, Address client);

  /** What an account earned and can claim from that escrow. */
  Optional<TokenAmount> earnings(Address settlement, Address account);

  /** Where protocol fees of that escrow go. */
  Optional<Address> treasury(Address settlement);

  Optional<MinedTransaction> transaction(Hash hash);

  /** Hash of the block at a height of the current chain. */
  Optional<Hash> blockHash(long number);

  /** Height up to which nothing can change any more. */
  long finalizedBlock();
}
