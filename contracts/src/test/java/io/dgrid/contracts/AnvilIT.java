package io.dgrid.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dgrid.contracts.ContractException.Code;
import io.dgrid.contracts.generated.Settlement;
import io.dgrid.contracts.generated.Settlement.BatchHeader;
import io.dgrid.contracts.generated.Settlement.Voucher;
import io.dgrid.contracts.generated.Settlement.VoucherItem;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Hash;
import org.web3j.crypto.Sign;
import org.web3j.protocol.core.methods.response.TransactionReceipt;
import org.web3j.utils.Numeric;

/** The contracts on a real EVM node, through the generated wrappers. */
class AnvilIT {
  private static final BigInteger FIVE_TOKENS =
      DeploymentParameters.ONE_TOKEN.multiply(BigInteger.valueOf(5));
  private static final Credentials CLIENT = account(2);
  private static final Credentials SESSION_KEY = account(3);
  private static final String NODE = account(4).getAddress();
  private static final String TREASURY = account(5).getAddress();
  private static final String ORACLE = account(6).getAddress();

  private static AnvilNode anvil;
  private static ChainClient chain;
  private static Deployment deployment;
  private static Settlement settlement;

  @BeforeAll
  static void deploy() throws Exception {
    Optional<Path> binary = AnvilNode.binary();
    if (binary.isEmpty()) {
      System.err.println(
          "!!! AnvilIT SKIPPED: no anvil and no npm to install it (Linux x64 or macOS arm64 with Node) !!!");
    }
    assumeTrue(binary.isPresent(), "needs anvil");
    anvil = AnvilNode.start(binary.get());
    chain = ChainClient.connect(anvil.rpc(), AnvilNode.DEPLOYER_KEY, Duration.ofSeconds(10));
    deployment =
        new ContractsDeployer(chain)
            .deploy(DeploymentParameters.local(TREASURY, chain.address(), List.of(ORACLE)));
    settlement = chain.settlement(deployment);
  }

  @AfterAll
  static void stop() {
    if (chain != null) {
      chain.close();
    }
    if (anvil != null) {
      anvil.close();
    }
  }

  @Test
  void deploymentPassesItsOwnCheckAndKnowsItsOracles() throws Exception {
    DeploymentCheck.verify(chain.web3j(), deployment);
    var registry = chain.nodeRegistry(deployment);
    assertThat(registry.isOracle(ORACLE).send()).isTrue();
    assertThat(registry.isOracle(NODE).send()).isFalse();
  }

  @Test
  void wrongAddressIsNamed() {
    assertWrong("Escrow", deployment.settlement(), Code.WRONG_CONTRACT);
    assertWrong("Settlement", deployment.token(), Code.WRONG_CONTRACT);
    assertWrong("DGridToken", deployment.escrow(), Code.WRONG_CONTRACT);
    assertWrong("NodeRegistry", deployment.escrow(), Code.WRONG_CONTRACT);
    assertWrong("Settlement", NODE, Code.NO_CONTRACT);
    assertThatThrownBy(
            () ->
                DeploymentCheck.verify(chain.web3j(), Deployment.of(1, 0, deployment.addresses())))
        .hasMessage("the endpoint serves chain 31337, the deployment is on chain 1");
  }

  @Test
  void signedVoucherMovesMoneyFromClientToNodeLessTheFee() throws Exception {
    var escrow = chain.escrow(deployment);
    new NetworkFunding(chain, deployment).deposit(CLIENT.getAddress(), FIVE_TOKENS);
    BigInteger before = escrow.balanceOf(CLIENT.getAddress()).send();
    BigInteger earnedBefore = escrow.earningsOf(NODE).send();
    BigInteger feesBefore = escrow.earningsOf(TREASURY).send();
    BigInteger amount = new BigInteger("1000000000000000001");

    TransactionReceipt receipt =
        settlement.settleVouchers(List.of(signed(voucher(1, amount), CLIENT))).send();

    var paid = Settlement.getVoucherSettledEvents(receipt);
    assertThat(paid).hasSize(1);
    BigInteger fee = new BigInteger("20000000000000001"); // 2 %, rounded up
    assertThat(paid.getFirst().paid).isEqualTo(amount);
    assertThat(paid.getFirst().fee).isEqualTo(fee);
    assertThat(escrow.balanceOf(CLIENT.getAddress()).send()).isEqualTo(before.subtract(amount));
    assertThat(escrow.earningsOf(NODE).send()).isEqualTo(earnedBefore.add(amount).subtract(fee));
    assertThat(escrow.earningsOf(TREASURY).send()).isEqualTo(feesBefore.add(fee));
    assertThat(settlement.settledAmount(CLIENT.getAddress(), NODE, BigInteger.ONE).send())
        .isEqualTo(amount);

    var again = settlement.settleVouchers(List.of(signed(voucher(1, amount), CLIENT))).send();
    assertThat(Settlement.getVoucherSettledEvents(again)).isEmpty();
    assertThat(Settlement.getVoucherSkippedEvents(again).getFirst().reason)
        .isEqualTo(BigInteger.valueOf(3));
  }

  @Test
  void grantedKeySignsForItsClientAndAStrangerDoesNot() throws Exception {
    new NetworkFunding(chain, deployment).deposit(CLIENT.getAddress(), FIVE_TOKENS);
    var grant =
        new Settlement.KeyGrant(
            CLIENT.getAddress(),
            SESSION_KEY.getAddress(),
            BigInteger.valueOf(500),
            BigInteger.valueOf(Long.MAX_VALUE),
            new byte[32]);
    byte[] digest = settlement.hashKeyGrant(grant).send();
    Sign.SignatureData signature = Sign.signMessage(digest, CLIENT.getEcKeyPair(), false);
    settlement.registerGrant(grant, bytes(signature)).send();

    var receipt =
        settlement
            .settleVouchers(
                List.of(
                    signed(voucher(2, BigInteger.valueOf(700)), SESSION_KEY),
                    signed(voucher(3, BigInteger.valueOf(700)), account(9))))
            .send();

    assertThat(Settlement.getVoucherSettledEvents(receipt))
        .singleElement()
        .satisfies(event -> assertThat(event.paid).isEqualTo(BigInteger.valueOf(500)));
    assertThat(Settlement.getVoucherSkippedEvents(receipt))
        .singleElement()
        .satisfies(event -> assertThat(event.reason).isEqualTo(BigInteger.valueOf(5)));
  }

  @Test
  void receiptOfASettledBatchIsProvenAndNoOther() throws Exception {
    byte[] first = Hash.sha3("first".getBytes());
    byte[] second = Hash.sha3("second".getBytes());
    byte[] root = node(leaf(first), leaf(second));
    var header = new BatchHeader(root, Hash.sha3("segment".getBytes()), BigInteger.TWO);

    assertThat(settlement.verifyReceipt(root, first, List.of(leaf(second))).send()).isFalse();
    var receipt = settlement.settleBatch(header, List.of()).send();
    assertThat(Settlement.getBatchSettledEvents(receipt)).hasSize(1);

    assertThat(settlement.verifyReceipt(root, first, List.of(leaf(second))).send()).isTrue();
    assertThat(settlement.verifyReceipt(root, second, List.of(leaf(first))).send()).isTrue();
    assertThat(settlement.verifyReceipt(root, first, List.of(leaf(first))).send()).isFalse();
    assertThat(settlement.batchOf(root).send().receiptCount).isEqualTo(BigInteger.TWO);
    assertThatThrownBy(
            () -> chain.send("settling twice", settlement.settleBatch(header, List.of())::send))
        .isInstanceOfSatisfying(
            ContractException.class, e -> assertThat(e.code()).isEqualTo(Code.TRANSACTION_FAILED));
  }

  private static void assertWrong(String name, String wrong, Code code) {
    Map<String, String> addresses = deployment.addresses();
    addresses.replaceAll((key, value) -> key.equals(name) ? wrong : value);
    assertThatThrownBy(
            () ->
                DeploymentCheck.verify(
                    chain.web3j(), Deployment.of(deployment.chainId(), 0, addresses)))
        .isInstanceOfSatisfying(
            ContractException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e)
                  .hasMessageContaining(name)
                  .satisfies(
                      m -> assertThat(m.getMessage()).containsIgnoringCase(addresses.get(name)));
            });
  }

  private static Voucher voucher(long epoch, BigInteger amount) {
    return new Voucher(
        CLIENT.getAddress(),
        NODE,
        BigInteger.valueOf(epoch),
        amount,
        BigInteger.ONE,
        Hash.sha3("receipts".getBytes()),
        BigInteger.valueOf(Long.MAX_VALUE));
  }

  /**
   * Signs web3j's own encoding of the typed data, so that the contract's hash is checked on the
   * way.
   */
  private static VoucherItem signed(Voucher voucher, Credentials signer) throws Exception {
    byte[] digest = TypedVoucher.digest(deployment, voucher);
    assertThat(settlement.hashVoucher(voucher).send()).isEqualTo(digest);
    Sign.SignatureData signature = Sign.signMessage(digest, signer.getEcKeyPair(), false);
    return new VoucherItem(
        voucher, signature.getR(), signature.getS(), Numeric.toBigInt(signature.getV()));
  }

  private static byte[] bytes(Sign.SignatureData signature) {
    byte[] bytes = Arrays.copyOf(signature.getR(), 65);
    System.arraycopy(signature.getS(), 0, bytes, 32, 32);
    bytes[64] = signature.getV()[0];
    return bytes;
  }

  private static byte[] leaf(byte[] receiptHash) {
    byte[] prefixed = new byte[33];
    System.arraycopy(receiptHash, 0, prefixed, 1, 32);
    return Hash.sha3(prefixed);
  }

  private static byte[] node(byte[] a, byte[] b) {
    boolean ordered = Arrays.compareUnsigned(a, b) <= 0;
    byte[] pair = Arrays.copyOf(ordered ? a : b, 64);
    System.arraycopy(ordered ? b : a, 0, pair, 32, 32);
    return Hash.sha3(pair);
  }

  private static Credentials account(int number) {
    return Credentials.create(Numeric.toHexString(Hash.sha3(new byte[] {(byte) number})));
  }
}
