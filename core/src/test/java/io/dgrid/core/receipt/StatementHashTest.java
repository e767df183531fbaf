package io.dgrid.core.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.web3j.crypto.StructuredDataEncoder;

/** The hand-written hashes against an independent JSON encoder, on random statements. */
class StatementHashTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern MEMBER = Pattern.compile("(\\w+) (\\w+)");

  /** The types as docs/protocol.md states them, independent of the code under test. */
  private static final Map<Class<? extends Statement>, String> TYPES =
      Map.ofEntries(
          Map.entry(
              JobRequest.class,
              "JobRequest(address client,bytes32 modelId,bytes32 promptHash,bytes32"
                  + " samplingHash,uint128 maxPrice,uint32 maxOutputTokens,uint64 nonce,uint64"
                  + " expiry)"),
          Map.entry(
              KeyGrant.class,
              "KeyGrant(address client,address key,uint128 spendCap,uint64 expiry,bytes32 scope)"),
          Map.entry(
              Offer.class,
              "Offer(address node,bytes32 modelId,uint128 inputPrice,uint128 outputPrice,uint32"
                  + " slots,uint64 validUntil)"),
          Map.entry(SessionProof.class, "Session(address node,bytes32 challenge,string worker)"),
          Map.entry(
              Receipt.class,
              "Receipt(bytes32 jobId,uint32 attempt,address client,address node,bytes32"
                  + " modelId,bytes32 requestHash,bytes32 responseHash,bytes32"
                  + " fingerprintRoot,uint32 firstPosition,uint32 inputTokens,uint32"
                  + " outputTokens,uint128 amount,uint64 startedAt,uint64 finishedAt,uint8"
                  + " finishReason,bytes32 previousReceipt)"),
          Map.entry(
              Voucher.class,
              "Voucher(address client,address node,uint64 channelEpoch,uint128"
                  + " cumulativeAmount,uint64 receiptCount,bytes32 receiptsRoot,uint64"
                  + " validBefore)"),
          Map.entry(
              ScoreReport.class,
              "ScoreReport(bytes32 receiptHash,address verifier,bytes32 scoresHash,uint64"
                  + " scoredAt)"),
          Map.entry(
              Verdict.class,
              "Verdict(bytes32 receiptHash,address node,address verifier,uint8 result,uint8"
                  + " testsRun,uint8 testsFailed,uint32 tokens,uint32 logprobDistance,uint32"
                  + " redrawMismatches,uint64 decidedAt)"),
          Map.entry(
              ApiKeyCreation.class,
              "CreateApiKey(address client,string label,uint128 spendCap,uint64 expiry,uint64"
                  + " nonce,uint64 validBefore)"),
          Map.entry(
              ApiKeyRevocation.class,
              "RevokeApiKey(address client,bytes32 keyId,uint64 nonce,uint64 validBefore)"),
          Map.entry(AccountRead.class, "ReadAccount(address client,uint64 validBefore)"));

  @Test
  void everyStatementHashesAsAnIndependentEncoderDoes() throws Exception {
    Random random = new Random(712);
    for (Class<?> type : Statement.class.getPermittedSubclasses()) {
      for (int round = 0; round < 20; round++) {
        Domain domain = new Domain(1 + random.nextInt(100_000), address(random));
        Statement statement = randomStatement(type, random);
        assertThat(statement.digest(domain))
            .as(statement.toString())
            .isEqualTo(independentDigest(statement, domain));
      }
    }
  }

  @Test
  void aDifferentChainOrContractIsADifferentDigest() {
    Random random = new Random(1);
    AccountRead read = new AccountRead(address(random), 5);
    Address contract = address(random);
    assertThat(
            List.of(
                read.digest(new Domain(1, contract)),
                read.digest(new Domain(2, contract)),
                read.digest(new Domain(1, address(random)))))
        .doesNotHaveDuplicates();
  }

  private static Statement randomStatement(Class<?> type, Random random) throws Exception {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = randomValue(types[i], random);
    }
    var constructor = type.getDeclaredConstructor(types);
    return (Statement) constructor.newInstance(values);
  }

  private static Object randomValue(Class<?> type, Random random) {
    if (type == Address.class) return address(random);
    if (type == Hash.class) return hash(random);
    if (type == ModelId.class) return new ModelId(hash(random));
    if (type == JobId.class) return new JobId(hash(random));
    if (type == ReceiptHash.class) return new ReceiptHash(hash(random));
    if (type == Price.class) return new Price(new BigInteger(128, random));
    if (type == TokenAmount.class) return new TokenAmount(new BigInteger(128, random));
    if (type == long.class) return random.nextLong();
    if (type == int.class) return 1 + random.nextInt(200);
    if (type == String.class) return "würker-" + random.nextInt();
    return type.getEnumConstants()[random.nextInt(type.getEnumConstants().length)];
  }

  private static Hash independentDigest(Statement statement, Domain domain) throws Exception {
    String type = TYPES.get(statement.getClass());
    String name = type.substring(0, type.indexOf('('));
    List<Map<String, String>> members = new ArrayList<>();
    Map<String, Object> message = new LinkedHashMap<>();
    Matcher member = MEMBER.matcher(type.substring(type.indexOf('(')));
    RecordComponent[] components = statement.getClass().getRecordComponents();
    int i = 0;
    while (member.find()) {
      members.add(Map.of("type", member.group(1), "name", member.group(2)));
      message.put(member.group(2), json(components[i++].getAccessor().invoke(statement)));
    }
    Map<String, Object> typed =
        Map.of(
            "types",
            Map.of(
                "EIP712Domain",
                List.of(
                    Map.of("name", "name", "type", "string"),
                    Map.of("name", "version", "type", "string"),
                    Map.of("name", "chainId", "type", "uint256"),
                    Map.of("name", "verifyingContract", "type", "address")),
                name,
                members),
            "primaryType",
            name,
            "domain",
            Map.of(
                "name",
                "DGrid",
                "version",
                "1",
                "chainId",
                domain.chainId(),
                "verifyingContract",
                domain.settlement().toString()),
            "message",
            message);
    return Hash.of(new StructuredDataEncoder(JSON.writeValueAsString(typed)).hashStructuredData());
  }

  private static Object json(Object value) throws Exception {
    if (value instanceof Long l) return Long.toUnsignedString(l);
    if (value instanceof Enum<?> e) {
      Field code = e.getClass().getDeclaredField("code");
      code.setAccessible(true);
      return String.valueOf(code.getInt(e));
    }
    return value.toString();
  }

  private static Hash hash(Random random) {
    return new Hash(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
  }

  private static Address address(Random random) {
    return new Address(random.nextLong(), random.nextLong(), random.nextInt());
  }
}
