package io.dgrid.core.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.Signature;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SignerCacheTest {
  private static final Domain DOMAIN = new Domain(1, Address.fromHex("5e".repeat(20)));
  private static final Domain OTHER_CHAIN = new Domain(2, DOMAIN.settlement());

  private final SigningKey node = SigningKey.random();
  private final SignerCache cache = new SignerCache(4);

  @Test
  void givesTheSameAnswersAsWithoutIt() {
    // Far more statements than it holds, each twice in a row and again later.
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 20; i++) {
        Signed<Offer> offer = Signed.by(node, DOMAIN, offer(i));
        assertThat(cache.signer(offer, DOMAIN)).contains(node.address());
        assertThat(cache.signer(offer, DOMAIN)).contains(node.address());
      }
    }
  }

  @Test
  void whatWasSignedHereIsKnownAndNothingElse() {
    Signed<Offer> own = cache.sign(node, DOMAIN, offer(1));
    assertThat(own.signer(DOMAIN)).contains(node.address());
    assertThat(cache.signer(own, DOMAIN)).contains(node.address());
    assertThat(cache.signer(new Signed<>(offer(2), own.signature()), DOMAIN))
        .isNotEqualTo(cache.signer(own, DOMAIN));
  }

  @Test
  void anotherStatementSignatureOrDomainIsAnotherEntry() {
    Signed<Offer> offer = Signed.by(node, DOMAIN, offer(1));
    cache.signer(offer, DOMAIN);
    assertThat(cache.signer(offer, OTHER_CHAIN)).isNotEqualTo(cache.signer(offer, DOMAIN));
    assertThat(cache.signer(new Signed<>(offer(2), offer.signature()), DOMAIN))
        .isNotEqualTo(cache.signer(offer, DOMAIN));
    SigningKey stranger = SigningKey.random();
    assertThat(cache.signer(Signed.by(stranger, DOMAIN, offer(1)), DOMAIN))
        .contains(stranger.address());
  }

  @Test
  void signatureOfNobodyIsNobodys() {
    // No point of the curve has this x.
    Hash x = Hash.fromHex("00".repeat(31) + "05");
    Signed<Offer> offer =
        new Signed<>(offer(1), new Signature(x, Hash.fromHex("00".repeat(31) + "01"), 27));
    assertThat(cache.signer(offer, DOMAIN)).isEmpty();
    assertThat(cache.signer(offer, DOMAIN)).isEmpty();
  }

  @Test
  void threadsDoNotDisturbEachOther() {
    boolean right =
        IntStream.range(0, 2_000)
            .parallel()
            .allMatch(
                i ->
                    cache
                        .signer(Signed.by(node, DOMAIN, offer(i % 7)), DOMAIN)
                        .filter(node.address()::equals)
                        .isPresent());
    assertThat(right).isTrue();
  }

  private Offer offer(int slots) {
    Price price = Price.of(1_000_000);
    return new Offer(
        node.address(), new ModelId(Keccak.hash(new byte[] {1})), price, price, slots + 1, 5);
  }
}
