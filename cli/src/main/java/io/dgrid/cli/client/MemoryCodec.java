package io.dgrid.cli.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.cli.client.ChannelMemory.Endorsement;
import io.dgrid.cli.client.ChannelMemory.Named;
import io.dgrid.cli.client.ChannelMemory.Pending;
import io.dgrid.cli.client.ChannelMemory.Total;
import io.dgrid.core.eip712.Domain;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.error.ErrorCode;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.JobId;
import io.dgrid.core.identity.Keccak;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.receipt.v1.SignedVoucher;
import io.dgrid.transport.codec.VoucherCodec;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Memory ⇄ JSON. The file names network, client and node, and ends with the Keccak of all before,
 * so that a damaged or a moved file is never taken for a good one.
 */
final class MemoryCodec {
  private static final int VERSION = 1;
  private static final int MOST_BYTES = 4 * 1024 * 1024;
  private static final String DIGEST = "digest";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Domain domain;
  private final Address client;

  MemoryCodec(Domain domain, Address client) {
    this.domain = domain;
    this.client = client;
  }

  byte[] toBytes(ChannelMemory memory) throws IOException {
    ObjectNode out = JSON.createObjectNode();
    out.put("version", VERSION);
    out.put("chainId", domain.chainId());
    out.put("settlement", domain.settlement().toString());
    out.put("client", client.toString());
    out.put("node", memory.node().toString());
    out.put("horizon", memory.horizon());
    ArrayNode totals = out.putArray("totals");
    new TreeMap<>(memory.totals()).forEach((epoch, total) -> totals.add(total(epoch, total)));
    ArrayNode pending = out.putArray("pending");
    new TreeMap<>(memory.pending()).forEach((epoch, each) -> pending.add(pending(each)));
    ObjectNode endorsed = out.putObject("endorsed");
    new TreeMap<>(memory.endorsed())
        .forEach((key, sum) -> endorsed.put(key.toString(), sum.toString()));
    ArrayNode receipts = out.putArray("receipts");
    memory.receipts().forEach((hash, named) -> receipts.add(named(hash, named)));
    out.put(DIGEST, digest(out).toString());
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(out);
  }

  private static ObjectNode total(long epoch, Total total) {
    return JSON.createObjectNode()
        .put("epoch", epoch)
        .put("cumulative", total.cumulative().toString())
        .put("receiptCount", total.receiptCount())
        .put("receiptsRoot", total.receiptsRoot().toString());
  }

  private static ObjectNode pending(Pending pending) {
    byte[] voucher = VoucherCodec.toWire(pending.step()).toByteArray();
    ObjectNode out =
        JSON.createObjectNode().put("voucher", Base64.getEncoder().encodeToString(voucher));
    pending
        .endorsed()
        .ifPresent(e -> out.put("key", e.key().toString()).put("endorsed", e.amount().toString()));
    return out;
  }

  private static ObjectNode named(ReceiptHash hash, Named named) {
    return JSON.createObjectNode()
        .put("hash", hash.toString())
        .put("epoch", named.epoch())
        .put("confirmed", named.confirmed())
        .put("job", named.job().toString())
        .put("first", named.first())
        .put("outputTokens", named.outputTokens())
        .put("finishedAt", named.finishedAt());
  }

  private static Hash digest(ObjectNode document) throws IOException {
    ObjectNode rest = document.deepCopy();
    rest.remove(DIGEST);
    return Keccak.hash(JSON.writeValueAsBytes(rest));
  }

  /**
   * @throws DGridException INTERNAL, with what to do, when the file is damaged or not of this
   *     client and network
   */
  ChannelMemory read(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw damaged(file, "it is larger than " + MOST_BYTES + " bytes");
    }
    byte[] bytes = Files.readAllBytes(file);
    try {
      if (!(JSON.readTree(bytes) instanceof ObjectNode root)) {
        throw new IllegalArgumentException("not a JSON object");
      }
      if (!root.path(DIGEST).asText().equals(digest(root).toString())) {
        throw new IllegalArgumentException("its digest does not fit its content");
      }
      requireOwn(root, file);
      return memory(root);
    } catch (IOException | IllegalArgumentException broken) {
      throw damaged(file, String.valueOf(broken.getMessage()));
    }
  }

  private void requireOwn(JsonNode root, Path file) {
    boolean own =
        root.path("version").asInt() == VERSION
            && root.path("chainId").asLong() == domain.chainId()
            && root.path("settlement").asText().equals(domain.settlement().toString())
            && root.path("client").asText().equals(client.toString())
            && file.getFileName().toString().startsWith(root.path("node").asText());
    if (!own) {
      throw new IllegalArgumentException(
          "it is of another client, node, network or version: client %s, chain %s"
              .formatted(root.path("client").asText(), root.path("chainId").asText()));
    }
  }

  private static ChannelMemory memory(JsonNode root) throws InvalidProtocolBufferException {
    Map<Long, Total> totals = new LinkedHashMap<>();
    for (JsonNode each : root.path("totals")) {
      totals.put(
          each.path("epoch").asLong(),
          new Total(
              amount(each.path("cumulative")),
              each.path("receiptCount").asLong(),
              Hash.fromHex(each.path("receiptsRoot").asText())));
    }
    Map<Long, Pending> pending = new LinkedHashMap<>();
    for (JsonNode each : root.path("pending")) {
      Pending one = pending(each);
      pending.put(one.step().voucher().statement().channelEpoch(), one);
    }
    Map<Address, TokenAmount> endorsed = new LinkedHashMap<>();
    root.path("endorsed")
        .properties()
        .forEach(e -> endorsed.put(Address.fromHex(e.getKey()), amount(e.getValue())));
    Map<ReceiptHash, Named> receipts = new LinkedHashMap<>();
    for (JsonNode each : root.path("receipts")) {
      receipts.put(new ReceiptHash(Hash.fromHex(each.path("hash").asText())), named(each));
    }
    return new ChannelMemory(
        Address.fromHex(root.path("node").asText()),
        root.path("horizon").asLong(),
        totals,
        pending,
        endorsed,
        receipts);
  }

  private static Pending pending(JsonNode node) throws InvalidProtocolBufferException {
    byte[] voucher = Base64.getDecoder().decode(node.path("voucher").asText());
    Optional<Endorsement> endorsed =
        node.has("key")
            ? Optional.of(
                new Endorsement(
                    Address.fromHex(node.path("key").asText()), amount(node.path("endorsed"))))
            : Optional.empty();
    try {
      return new Pending(VoucherCodec.fromWire(SignedVoucher.parseFrom(voucher)), endorsed);
    } catch (DGridException broken) {
      throw new IllegalArgumentException(broken.getMessage(), broken);
    }
  }

  private static Named named(JsonNode node) {
    return new Named(
        node.path("epoch").asLong(),
        node.path("confirmed").asBoolean(),
        new JobId(Hash.fromHex(node.path("job").asText())),
        node.path("first").asInt(),
        node.path("outputTokens").asInt(),
        node.path("finishedAt").asLong());
  }

  private static TokenAmount amount(JsonNode node) {
    return new TokenAmount(new BigInteger(node.asText()));
  }

  private static DGridException damaged(Path file, String why) {
    return new DGridException(
        ErrorCode.INTERNAL,
        "the client's memory %s is not usable: %s. Nothing was signed. Put back a copy of it; without one, move the file away, and know that this node's open receipts may then be paid twice: compare `dgrid balance` before and after"
            .formatted(file, why),
        Map.of("file", file.toString()));
  }
}
