package io.dgrid.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.tokenizer.DemoTokenizer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.web3j.crypto.StructuredDataEncoder;

class ModelManifestTest {
  /** As docs/protocol.md states it, independent of the code under test. */
  private static final String MEMBERS =
      "string name,bytes32 weightsDigest,bytes32 tokenizerDigest,bytes32 chatTemplateDigest,"
          + "string precision,uint32 contextLength,uint32 maxOutputTokens,string assuranceClass";

  @Test
  void theIdIsTheStructHash() throws Exception {
    var file = DemoTokenizer.catalogue().resolve("dgrid-demo-1m/manifest.json");
    ModelManifest manifest = ModelManifestCodec.parse(Files.readAllBytes(file), file.toString());

    assertThat(manifest.id().hash()).isEqualTo(independentHash(manifest));
  }

  private static Hash independentHash(ModelManifest manifest) throws Exception {
    List<Map<String, String>> members = new ArrayList<>();
    for (String member : MEMBERS.split(",")) {
      String[] typeAndName = member.split(" ");
      members.add(Map.of("type", typeAndName[0], "name", typeAndName[1]));
    }
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("name", manifest.name());
    message.put("weightsDigest", manifest.weightsDigest().toString());
    message.put("tokenizerDigest", manifest.tokenizerDigest().toString());
    message.put("chatTemplateDigest", manifest.chatTemplateDigest().toString());
    message.put("precision", manifest.precision());
    message.put("contextLength", manifest.contextLength());
    message.put("maxOutputTokens", manifest.maxOutputTokens());
    message.put("assuranceClass", manifest.assuranceClass());
    Map<String, Object> typed = new LinkedHashMap<>();
    typed.put(
        "types",
        Map.of(
            "EIP712Domain",
            List.of(Map.of("name", "name", "type", "string")),
            "ModelManifest",
            members));
    typed.put("primaryType", "ModelManifest");
    typed.put("domain", Map.of("name", "any"));
    typed.put("message", message);
    StructuredDataEncoder encoder =
        new StructuredDataEncoder(new ObjectMapper().writeValueAsString(typed));
    return Hash.of(encoder.hashMessage("ModelManifest", new LinkedHashMap<>(message)));
  }
}
