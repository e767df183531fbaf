package io.dgrid.core.receipt;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.merkle.MerkleTree;
import io.dgrid.core.money.Price;
import io.dgrid.core.money.TokenAmount;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The vectors that the Solidity tests run as well, made by an encoder that shares no code with
 * ours.
 */
class GoldenVectorsTest {
  private static final Map<String, Class<? extends Statement>> TYPES =
      Map.ofEntries(
          Map.entry("JobRequest", JobRequest.class),
          Map.entry("KeyGrant", KeyGrant.class),
          Map.entry("Offer", Offer.class),
          Map.entry("Session", SessionProof.class),
          Map.entry("Receipt", Receipt.class),
          Map.entry("Voucher", Voucher.class),
          Map.entry("ScoreReport", ScoreReport.class),
          Map.entry("Verdict", Verdict.class),
          Map.entry("CreateApiKey", ApiKeyCreation.class),
          Map.entry("RevokeApiKey", ApiKeyRevocation.class),
          Map.entry("ReadAccount", AccountRead.class));

  @Test
  void statementsHashAndSignAsTheVectorsSay() throws Exception {
    JsonNode vectors = read("eip712.json");
    var domain =
        new Domain(
            vectors.at("/domain/chainId").asLong(),
            Address.fromHex(vectors.at("/domain/settlement").asText()));
    assertThat(domain.separator()).isEqualTo(hash(vectors.get("domainSeparator")));
    SigningKey key = SigningKey.of(bytes(vectors.get("privateKey")));
    assertThat(key.address()).isEqualTo(Address.fromHex(vectors.get("signer").asText()));

    int checked = 0;
    for (JsonNode row : vectors.get("rows")) {
      Class<? extends Statement> type = TYPES.get(row.get("type").asText());
      if (type == null) {
        continue; // Sampling and ModelManifest are hashed but never signed
      }
      Statement statement = statement(type, row.get("message"));
      assertThat(statement.structHash()).as("%s", row).isEqualTo(hash(row.get("structHash")));
      assertThat(statement.digest(domain)).as("%s", row).isEqualTo(hash(row.get("digest")));
      assertThat(key.sign(statement.digest(domain)).toBytes())
          .as("%s", row)
          .isEqualTo(bytes(row.get("signature")));
      checked++;
    }
    assertThat(checked).isEqualTo(2 * TYPES.size());
  }

  @Test
  void treesHaveTheRootsAndProofsThatTheVectorsSay() throws Exception {
    int proofs = 0;
    for (JsonNode vector : read("merkle.json").get("trees")) {
      List<ReceiptHash> receipts = new ArrayList<>();
      vector.get("receiptHashes").forEach(h -> receipts.add(ReceiptHash.fromHex(h.asText())));
      MerkleTree tree = MerkleTree.overReceipts(receipts);
      assertThat(tree.root()).isEqualTo(hash(vector.get("root")));
      for (int i = 0; i < receipts.size(); i++) {
        List<Hash> expected = new ArrayList<>();
        vector.get("proofs").get(i).forEach(h -> expected.add(hash(h)));
        assertThat(tree.proof(i)).isEqualTo(expected);
        proofs++;
      }
    }
    assertThat(proofs).isEqualTo(32);
  }

  private static Statement statement(Class<? extends Statement> type, JsonNode message)
      throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      values[i] = value(types[i], message.get(components[i].getName()).asText());
    }
    return type.getDeclaredConstructor(types).newInstance(values);
  }

  private static Object value(Class<?> type, String text) {
    if (type == Address.class) return Address.fromHex(text);
    if (type == Hash.class) return Hash.fromHex(text);
    if (type == ModelId.class) return ModelId.fromHex(text);
    if (type == JobId.class) return JobId.fromHex(text);
    if (type == ReceiptHash.class) return ReceiptHash.fromHex(text);
    if (type == Price.class) return Price.parse(text);
    if (type == TokenAmount.class) return TokenAmount.parse(text);
    if (type == long.class) return Long.parseUnsignedLong(text);
    if (type == int.class) return Integer.parseInt(text);
    if (type == FinishReason.class) return FinishReason.of(Integer.parseInt(text));
    if (type == VerdictResult.class) return VerdictResult.of(Integer.parseInt(text));
    return text;
  }

  private static Hash hash(JsonNode node) {
    return Hash.fromHex(node.asText());
  }

  private static byte[] bytes(JsonNode node) {
    return HexFormat.of().parseHex(node.asText().substring(2));
  }

  private static JsonNode read(String name) throws IOException {
    try (var in = GoldenVectorsTest.class.getResourceAsStream("/vectors/" + name)) {
      return new ObjectMapper().readTree(in);
    }
  }
}
