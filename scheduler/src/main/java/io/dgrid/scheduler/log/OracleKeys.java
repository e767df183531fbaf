package io.dgrid.scheduler.log;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whose verdicts count. */
final class OracleKeys {
  private final Set<Address> keys;
  private final Domain domain;

  /**
   * @param addresses hexadecimal; none trusts whoever may write to the topic
   * @throws IllegalArgumentException when one is no address
   */
  OracleKeys(Optional<List<String>> addresses, Domain domain) {
    this.keys =
        addresses.orElse(List.of()).stream()
            .map(String::strip)
            .map(Address::fromHex)
            .collect(Collectors.toUnmodifiableSet());
    this.domain = domain;
  }

  /**
   * @throws DGridException INVALID_SIGNATURE when no oracle signed the verdict
   */
  Verdict require(Signed<Verdict> signed) {
    if (!keys.isEmpty() && signed.signer(domain).filter(keys::contains).isEmpty()) {
      throw new DGridException(
          ErrorCode.INVALID_SIGNATURE,
          "no oracle signed the verdict over " + signed.statement().receiptHash());
    }
    return signed.statement();
  }
}
