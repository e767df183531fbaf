package io.dgrid.edge.account;

import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.TokenAmount;
import java.math.BigInteger;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may spend clients' money, and how much, as one transaction sees and changes it. Not for
 * threads.
 */
public final class Allowances {
  private final Map<ClientKey, KeyGrantRow> grants = new HashMap<>();
  private final Map<String, ApiKeyRow> apiKeys = new HashMap<>();
  private final Set<KeyGrantRow> changedGrants = new LinkedHashSet<>();
  private final Set<ApiKeyRow> changedKeys = new LinkedHashSet<>();

  Allowances(Collection<KeyGrantRow> grants, Collection<ApiKeyRow> apiKeys) {
    grants.forEach(grant -> this.grants.put(grant.id, grant));
    apiKeys.forEach(key -> this.apiKeys.put(key.keyId, key));
  }

  /**
   * Whether {@code signer} may ask in the client's name.
   *
   * @param now Unix milliseconds
   * @throws DGridException INVALID_SIGNATURE or, for a grant of another model, PERMISSION_DENIED
   */
  public void requireAuthority(Address client, Address signer, ModelId model, long now) {
    if (signer.equals(client)) {
      return;
    }
    KeyGrantRow grant = grant(client, signer);
    if (grant == null || !grant.isValid(now)) {
      throw KeyGrantRow.notGranted(
          "signed by %s, which is neither the client %s nor a key with a valid grant of it"
              .formatted(signer, client));
    }
    if (!grant.covers(model)) {
      throw new DGridException(
          ErrorCode.PERMISSION_DENIED, "the grant of %s is for another model".formatted(signer));
    }
  }

  /**
   * Takes the worst case of a job from the caps of the grant and of the API key.
   *
   * @throws DGridException SPEND_CAP_REACHED or INVALID_API_KEY; then nothing changed
   */
  public void spend(
      Address client, Address signer, Optional<Hash> apiKey, TokenAmount amount, long now) {
    KeyGrantRow grant = grant(client, signer);
    ApiKeyRow key = apiKey.map(Hash::toString).map(apiKeys::get).orElse(null);
    BigInteger before = grant == null ? BigInteger.ZERO : grant.spent;
    if (grant != null) {
      grant.spend(amount);
    }
    try {
      if (apiKey.isPresent() && (key == null || !key.isValid(now))) {
        throw ApiKeys.invalid();
      }
      if (key != null) {
        key.spend(amount);
        changedKeys.add(key);
      }
    } catch (DGridException refused) {
      if (grant != null) {
        grant.spent = before;
      }
      throw refused;
    }
    if (grant != null) {
      changedGrants.add(grant);
    }
  }

  /** Returns what a job did not use. */
  public void giveBack(
      Address client, Address signer, Optional<String> apiKey, TokenAmount amount) {
    KeyGrantRow grant = grant(client, signer);
    if (grant != null) {
      grant.giveBack(amount);
      changedGrants.add(grant);
    }
    apiKey
        .map(apiKeys::get)
        .ifPresent(
            key -> {
              key.giveBack(amount);
              changedKeys.add(key);
            });
  }

  private @Nullable KeyGrantRow grant(Address client, Address signer) {
    return grants.get(new ClientKey(client.toString(), signer.toString()));
  }

  Set<KeyGrantRow> changedGrants() {
    return changedGrants;
  }

  Set<ApiKeyRow> changedKeys() {
    return changedKeys;
  }
}
