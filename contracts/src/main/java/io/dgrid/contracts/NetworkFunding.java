package io.dgrid.contracts;

import io.dgrid.contracts.generated.DGridToken;
import java.math.BigInteger;

/**
 * Gives a new network's parties what they need, out of one account's tokens: deposits for clients,
 * stake for nodes. Parties need no gas and no key for it.
 */
public final class NetworkFunding {
  private final ChainClient chain;
  private final Deployment deployment;

  /** Spends the tokens of {@code chain}'s account. */
  public NetworkFunding(ChainClient chain, Deployment deployment) {
    this.chain = chain;
    this.deployment = deployment;
  }

  /** Puts {@code amount} smallest units into {@code client}'s escrow balance. */
  public void deposit(String client, BigInteger amount) {
    approve(deployment.escrow(), amount);
    chain.send("depositing for " + client, chain.escrow(deployment).deposit(client, amount)::send);
  }

  /** Adds {@code amount} smallest units to {@code node}'s stake. */
  public void stake(String node, BigInteger amount) {
    approve(deployment.nodeRegistry(), amount);
    chain.send("staking for " + node, chain.nodeRegistry(deployment).stake(node, amount)::send);
  }

  /** Sends {@code amount} smallest units to {@code to}. */
  public void transfer(String to, BigInteger amount) {
    chain.send("sending tokens to " + to, token().transfer(to, amount)::send);
  }

  private void approve(String spender, BigInteger amount) {
    chain.send("approving " + spender, token().approve(spender, amount)::send);
  }

  private DGridToken token() {
    return chain.token(deployment);
  }
}
