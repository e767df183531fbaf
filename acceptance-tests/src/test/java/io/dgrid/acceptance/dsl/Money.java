package io.dgrid.acceptance.dsl;

import io.dgrid.cli.chain.ChainFacts;
import io.dgrid.core.identity.Address;
import java.math.BigInteger;
import java.util.List;

/**
 * Where money was on the chain at one moment, in smallest units.
 *
 * @param client in the escrow
 * @param nodes earned by all nodes together
 * @param treasury earned by the protocol
 */
public record Money(BigInteger client, BigInteger nodes, BigInteger treasury) {
  static Money read(ChainFacts chain, Address settlement, Address client, List<Address> nodes) {
    Address treasury = chain.treasury(settlement).orElseThrow();
    BigInteger earned =
        nodes.stream()
            .map(node -> chain.earnings(settlement, node).orElseThrow().units())
            .reduce(BigInteger.ZERO, BigInteger::add);
    return new Money(
        chain.escrowBalance(settlement, client).orElseThrow().units(),
        earned,
        chain.earnings(settlement, treasury).orElseThrow().units());
  }

  /** What moved since an earlier moment; the client's part is negative when it paid. */
  public Money since(Money earlier) {
    return new Money(
        client.subtract(earlier.client),
        nodes.subtract(earlier.nodes),
        treasury.subtract(earlier.treasury));
  }

  /** All of it. */
  public BigInteger sum() {
    return client.add(nodes).add(treasury);
  }
}
