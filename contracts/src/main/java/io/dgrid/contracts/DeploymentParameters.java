package io.dgrid.contracts;

import io.dgrid.contracts.ContractException.Code;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;

/**
 * What a new set of contracts is born with. Only the roles can be changed later.
 *
 * @param treasury receives protocol fees and slashed stake
 * @param settler may post batches
 * @param oracles may sign verdicts
 * @param slashers may slash and jail nodes
 * @param feeBps protocol fee in hundredths of a percent, at most 1000
 * @param withdrawalLock from a client's request to its withdrawal, 1 s to 30 days
 * @param revocationGrace for how long vouchers of a revoked key still settle, at most the lock
 * @param minimumStake stake a node needs to serve, in smallest units
 * @param unbondingPeriod how long stake stays slashable after it stops serving, 1 s to 90 days
 * @param initialSupply minted to the deployer, in smallest units, at most 10^27
 */
public record DeploymentParameters(
    String treasury,
    String settler,
    List<String> oracles,
    List<String> slashers,
    int feeBps,
    Duration withdrawalLock,
    Duration revocationGrace,
    BigInteger minimumStake,
    Duration unbondingPeriod,
    BigInteger initialSupply) {
  /** Smallest units in one token. */
  public static final BigInteger ONE_TOKEN = BigInteger.TEN.pow(18);

  /** Protocol fee of a local network, in hundredths of a percent. */
  public static final int LOCAL_FEE_BPS = 200;

  private static final BigInteger MAX_SUPPLY = BigInteger.TEN.pow(27);

  public DeploymentParameters {
    oracles = List.copyOf(oracles);
    slashers = List.copyOf(slashers);
    require(feeBps >= 0 && feeBps <= 1_000, "fee must be 0 to 1000 bps, is " + feeBps);
    requireDuration("withdrawal lock", withdrawalLock, Duration.ofDays(30));
    require(
        !revocationGrace.isNegative() && revocationGrace.compareTo(withdrawalLock) <= 0,
        "revocation grace must not exceed the withdrawal lock, is " + revocationGrace);
    requireDuration("unbonding period", unbondingPeriod, Duration.ofDays(90));
    require(
        minimumStake.signum() > 0 && minimumStake.compareTo(MAX_SUPPLY) <= 0,
        "minimum stake must be 1 to 10^27 units, is " + minimumStake);
    require(
        initialSupply.signum() >= 0 && initialSupply.compareTo(MAX_SUPPLY) <= 0,
        "initial supply must be 0 to 10^27 units, is " + initialSupply);
  }

  /**
   * Parameters of a local network: 2 % fee, one-hour lock and grace, one-day unbonding, 100 tokens
   * minimum stake, ten million tokens with the deployer.
   */
  public static DeploymentParameters local(String treasury, String settler, List<String> oracles) {
    return new DeploymentParameters(
        treasury,
        settler,
        oracles,
        List.of(),
        LOCAL_FEE_BPS,
        Duration.ofHours(1),
        Duration.ofHours(1),
        ONE_TOKEN.multiply(BigInteger.valueOf(100)),
        Duration.ofDays(1),
        ONE_TOKEN.multiply(BigInteger.valueOf(10_000_000)));
  }

  private static void requireDuration(String name, Duration value, Duration limit) {
    require(
        value.toSeconds() >= 1 && value.compareTo(limit) <= 0,
        "%s must be 1 s to %d days, is %s".formatted(name, limit.toDays(), value));
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ContractException(Code.INVALID_PARAMETER, otherwise);
    }
  }
}
