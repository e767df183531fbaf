package io.dgrid.cli.chain;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.identity.SigningKey;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;

/** The bytes are those that web3j makes of the same transactions with the same key. */
class TransactionTest {
  private static final SigningKey KEY = SigningKey.of(Hex.decode("11".repeat(32)));

  @Test
  void longCallData() {
    String data = "ab".repeat(300);
    assertThat(signed(258, data))
        .isEqualTo(
            "0x02f9019d827a69820102843b9aca0084b2d05e0083012cc8945e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e80b9012c"
                + data
                + "c001a0079f1bf803c19acf7104f19ee87742112ebdf4d680eb6711c46dc35851793b6fa00bc5235f9508c35afb76ea01979194e9df8f39e4618db2986156f20f8ee35514");
  }

  @Test
  void oneByteOfCallDataIsItsOwnEncoding() {
    assertThat(signed(258, "7f"))
        .isEqualTo(
            "0x02f86f827a69820102843b9aca0084b2d05e0083012cc8945e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e807fc001a02a4b6935556f53e561cc78a13bcd84c9d241a0be570341f572ec94e69e96b95ba012f53c27eaa27e197c35aa707edeca539be29515888850200c6fa60ff6db5c60");
  }

  @Test
  void zeroIsTheEmptyString() {
    assertThat(signed(0, ""))
        .isEqualTo(
            "0x02f86d827a6980843b9aca0084b2d05e0083012cc8945e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e8080c080a0fa1a873f8779b9f4381c22e898f052bf17e7a5459940fff2f48a1363ca96dfeca0784ed16749778f51a23bd991a580b23056fe9c3186feb6a591773dbbdf4591eb");
  }

  private static String signed(long nonce, String data) {
    return Hex.encode(
        new Transaction(
                BigInteger.valueOf(31337),
                BigInteger.valueOf(nonce),
                BigInteger.valueOf(1_000_000_000L),
                BigInteger.valueOf(3_000_000_000L),
                BigInteger.valueOf(77_000),
                Address.fromHex("5e".repeat(20)),
                Hex.decode(data))
            .signed(KEY));
  }
}
