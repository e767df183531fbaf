package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.Hex;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import java.util.Locale;

/** Shapes of JSON that several commands print. */
final class Json {
  private Json() {}

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  static String hex(ByteString bytes) {
    return bytes.isEmpty() ? "" : Hex.encode(bytes.toByteArray());
  }

  static ObjectNode error(DGridException failure) {
    ObjectNode error = object();
    error.put("code", failure.code().name());
    error.put("message", failure.getMessage());
    error.put("retryable", failure.retryable());
    ObjectNode metadata = error.putObject("metadata");
    failure.metadata().forEach(metadata::put);
    return error;
  }

  static ObjectNode receipt(IssuedReceipt issued, Domain domain) {
    Receipt r = issued.receipt().statement();
    ObjectNode out = object();
    out.put("hash", r.hash(domain).toString());
    out.put("jobId", r.jobId().toString());
    out.put("attempt", r.attempt());
    out.put("client", r.client().toString());
    out.put("node", r.node().toString());
    out.put("modelId", r.modelId().toString());
    out.put("firstPosition", r.firstPosition());
    out.put("inputTokens", r.inputTokens());
    out.put("outputTokens", r.outputTokens());
    out.put("amount", r.amount().toString());
    out.put("inputPrice", issued.offer().statement().inputPrice().toString());
    out.put("outputPrice", issued.offer().statement().outputPrice().toString());
    out.put("startedAt", r.startedAt());
    out.put("finishedAt", r.finishedAt());
    out.put("finishReason", r.finishReason().name().toLowerCase(Locale.ROOT));
    out.put("responseHash", r.responseHash().toString());
    out.put("fingerprintRoot", r.fingerprintRoot().toString());
    out.put("signature", Hex.encode(issued.receipt().signature().toBytes()));
    return out;
  }
}
