package io.dgrid.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dgrid.cli.client.Account;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.money.TokenAmount;
import io.dgrid.proto.market.v1.ApiKey;
import io.dgrid.proto.market.v1.CreateApiKeyResponse;
import io.dgrid.transport.codec.Wire;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** API keys for OpenAI-shaped access, bound to the client's grant. */
@Command(
    name = "api-key",
    description = "Make, list and revoke API keys.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "(create | list | revoke)")
final class ApiKeyCommand {
  private final Output output;
  private final InstantSource clock = InstantSource.system();

  ApiKeyCommand(Output output) {
    this.output = output;
  }

  @Command(
      name = "create",
      description = "Make a key; its secret is shown once.",
      mixinStandardHelpOptions = true)
  int create(
      @Mixin Connection connection,
      @Option(names = "--label", paramLabel = "TEXT", defaultValue = "cli") String label,
      @Option(
              names = "--cap",
              paramLabel = "UNITS",
              required = true,
              description = "Most it may spend, in smallest units.",
              converter = Amounts.class)
          TokenAmount cap,
      @Option(
              names = "--expires",
              paramLabel = "DURATION",
              defaultValue = "720h",
              description = "Validity from now (default: 720h).",
              converter = Durations.class)
          Duration validity) {
    try (connection) {
      CreateApiKeyResponse made =
          account(connection).createApiKey(label, cap, clock.millis() + validity.toMillis());
      if (connection.json) {
        output.json(
            Json.object().put("keyId", Json.hex(made.getKeyId())).put("secret", made.getSecret()));
      } else {
        output.note("key " + Json.hex(made.getKeyId()) + "; the secret is shown only now");
        output.line(made.getSecret());
      }
      return ExitCode.OK;
    }
  }

  @Command(name = "list", description = "List keys.", mixinStandardHelpOptions = true)
  int list(@Mixin Connection connection) {
    try (connection) {
      List<ApiKey> keys = account(connection).apiKeys();
      if (connection.json) {
        ObjectNode out = Json.object();
        var list = out.putArray("keys");
        keys.forEach(
            k ->
                list.addObject()
                    .put("keyId", Json.hex(k.getKeyId()))
                    .put("label", k.getLabel())
                    .put("spendCap", k.getSpendCap())
                    .put("spent", k.getSpent())
                    .put("expiry", k.getExpiry())
                    .put("revoked", k.getRevoked()));
        output.json(out);
      } else {
        output.table(
            List.of("KEY", "LABEL", "SPENT", "CAP", "EXPIRES", "STATE"),
            keys.stream().map(ApiKeyCommand::row).toList());
      }
      return ExitCode.OK;
    }
  }

  @Command(name = "revoke", description = "End a key at once.", mixinStandardHelpOptions = true)
  int revoke(
      @Mixin Connection connection,
      @Parameters(
              paramLabel = "KEY",
              description = "Key id, 64 hex digits.",
              converter = Hashes.class)
          Hash keyId) {
    try (connection) {
      account(connection).revokeApiKey(keyId);
      if (connection.json) {
        output.json(Json.object().put("keyId", keyId.toString()).put("revoked", true));
      } else {
        output.note("revoked " + keyId);
      }
      return ExitCode.OK;
    }
  }

  private Account account(Connection connection) {
    return new Account(connection.edge(), connection.network(), connection.key(), clock);
  }

  private static List<String> row(ApiKey k) {
    return List.of(
        Json.hex(k.getKeyId()),
        k.getLabel(),
        Wire.amount(k.getSpent().isEmpty() ? "0" : k.getSpent(), "spent").display(),
        Wire.amount(k.getSpendCap(), "spend_cap").display(),
        Instant.ofEpochMilli(k.getExpiry()).toString(),
        k.getRevoked() ? "revoked" : "active");
  }

  /** Reads smallest units. */
  static final class Amounts implements ITypeConverter<TokenAmount> {
    @Override
    public TokenAmount convert(String text) {
      try {
        return TokenAmount.parse(text);
      } catch (IllegalArgumentException malformed) {
        throw new TypeConversionException("'" + text + "' is no amount in smallest units");
      }
    }
  }

  /** Reads 64 hex digits. */
  static final class Hashes implements ITypeConverter<Hash> {
    @Override
    public Hash convert(String text) {
      try {
        return Hash.fromHex(text);
      } catch (IllegalArgumentException malformed) {
        throw new TypeConversionException("'" + text + "' is no key id: 64 hex digits");
      }
    }
  }
}
