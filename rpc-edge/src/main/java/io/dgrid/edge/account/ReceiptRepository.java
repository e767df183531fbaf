package io.dgrid.edge.account;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ReceiptHash;
import io.dgrid.core.identity.Signer;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.core.receipt.Voucher;
import io.dgrid.edge.Columns;
import io.dgrid.edge.EdgeConfig;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.VoucherCodec;
import io.dgrid.transport.codec.VoucherCodec.VoucherStep;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Files receipts of many jobs at once and confirms those of API keys with this edge's own key, one
 * voucher per client and node. Works inside the caller's transaction, which holds the locks on the
 * clients' accounts.
 */
@ApplicationScoped
public class ReceiptRepository {
  private static final int MAX_LISTED = 1000;

  private static final String UNCONFIRMED =
      """
      SELECT r.client, r.receipt_hash FROM unnest($1::text[]) AS v (client)
      CROSS JOIN LATERAL (
        SELECT client, receipt_hash, sequence FROM edge.receipt
        WHERE client = v.client AND voucher IS NULL AND direct ORDER BY sequence LIMIT $2) AS r
      ORDER BY r.client, r.sequence""";
  private static final String FILED =
      "SELECT receipt_hash FROM edge.receipt WHERE receipt_hash = ANY($1)";
  private static final String CHANNELS =
      """
      SELECT c.client, c.node, c.epoch, c.cumulative, c.receipts, c.root
      FROM edge.channel AS c JOIN unnest($1::text[], $2::text[]) AS v (client, node)
        ON c.client = v.client AND c.node = v.node""";
  private static final String FILE =
      """
      INSERT INTO edge.receipt (receipt_hash, job_id, client, node, direct, amount, issued, voucher)
      SELECT v.receipt_hash, v.job_id, v.client, v.node, v.direct, v.amount::numeric, v.issued,
        v.voucher
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[],
                  $7::bytea[], $8::text[])
        AS v (receipt_hash, job_id, client, node, direct, amount, issued, voucher)""";
  private static final String ADVANCE =
      """
      INSERT INTO edge.channel AS c (client, node, epoch, cumulative, receipts, root, newest)
      SELECT v.client, v.node, v.epoch, v.cumulative::numeric, v.receipts, v.root, v.newest
      FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[],
                  $7::bytea[])
        AS v (client, node, epoch, cumulative, receipts, root, newest)
      ON CONFLICT (client, node) DO UPDATE SET cumulative = excluded.cumulative,
        receipts = excluded.receipts, root = excluded.root, newest = excluded.newest""";
  private static final String KEEP =
      """
      INSERT INTO edge.voucher (voucher_hash, client, node, record)
      SELECT v.voucher_hash, v.client, v.node, v.record
      FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
        AS v (voucher_hash, client, node, record)""";

  private final Domain domain;
  private final Signer edge;
  private final EdgeConfig config;
  private final InstantSource clock;

  ReceiptRepository(Domain domain, Signer edge, EdgeConfig config, InstantSource clock) {
    this.domain = domain;
    this.edge = edge;
    this.config = config;
    this.clock = clock;
  }

  /**
   * A receipt that is to be paid.
   *
   * @param direct whether its client confirms it, not this edge
   */
  public record Filing(IssuedReceipt issued, boolean direct) {
    private Receipt receipt() {
      return issued.receipt().statement();
    }

    private ChannelKey channel() {
      return new ChannelKey(receipt().client().toString(), receipt().node().toString());
    }
  }

  /** What is known of filings before they are filed. */
  public static final class Shelf {
    private final Set<String> filed;
    private final Map<ChannelKey, ChannelRow> channels;

    private Shelf(Set<String> filed, Map<ChannelKey, ChannelRow> channels) {
      this.filed = filed;
      this.channels = channels;
    }
  }

  /** A receipt in the form it is stored. */
  private record Stored(String hash, Filing filing, @Nullable String voucher) {}

  private record SignedStep(String hash, ChannelRow channel, byte[] record) {}

  /** Hashes of receipts of directly signed jobs that no voucher covers, by client, oldest first. */
  public Uni<Map<String, List<String>>> unconfirmedDirect(
      SqlConnection connection, Collection<Address> clients) {
    return connection
        .preparedQuery(UNCONFIRMED)
        .execute(Tuple.of(Columns.texts(clients, Address::toString), MAX_LISTED))
        .map(
            rows -> {
              Map<String, List<String>> found = new HashMap<>();
              rows.forEach(
                  row ->
                      found
                          .computeIfAbsent(row.getString("client"), c -> new ArrayList<>())
                          .add(row.getString("receipt_hash")));
              return found;
            });
  }

  /** Reads what filing these needs. */
  public Uni<Shelf> read(SqlConnection connection, List<Filing> filings) {
    if (filings.isEmpty()) {
      return Uni.createFrom().item(new Shelf(new HashSet<>(), new HashMap<>()));
    }
    Uni<Set<String>> filed =
        connection
            .preparedQuery(FILED)
            .execute(Tuple.of(Columns.texts(filings, f -> f.receipt().hash(domain).toString())))
            .map(rows -> new HashSet<>(Columns.list(rows, row -> row.getString("receipt_hash"))));
    List<ChannelKey> keys =
        filings.stream().filter(f -> !f.direct()).map(Filing::channel).distinct().toList();
    Uni<Map<ChannelKey, ChannelRow>> channels =
        connection
            .preparedQuery(CHANNELS)
            .execute(
                Tuple.tuple()
                    .addValue(Columns.texts(keys, ChannelKey::client))
                    .addValue(Columns.texts(keys, ChannelKey::node)))
            .map(ReceiptRepository::channels);
    return Uni.combine().all().unis(filed, channels).with(Shelf::new);
  }

  private static Map<ChannelKey, ChannelRow> channels(RowSet<Row> rows) {
    Map<ChannelKey, ChannelRow> channels = new HashMap<>();
    rows.forEach(
        row -> {
          ChannelRow channel = new ChannelRow();
          channel.id = new ChannelKey(row.getString("client"), row.getString("node"));
          channel.epoch = row.getLong("epoch");
          channel.cumulative = Columns.amount(row, "cumulative");
          channel.receipts = row.getLong("receipts");
          channel.root = row.getString("root");
          channels.put(channel.id, channel);
        });
    return channels;
  }

  /**
   * Files receipts, each once however often it comes, and signs the vouchers for those of API keys.
   *
   * @param filings of each job in position order, those that {@code shelf} was read for
   */
  public List<Uni<RowSet<Row>>> file(SqlConnection connection, List<Filing> filings, Shelf shelf) {
    Map<String, Filing> fresh = new LinkedHashMap<>();
    for (Filing filing : filings) {
      String hash = filing.receipt().hash(domain).toString();
      if (!shelf.filed.contains(hash)) {
        fresh.putIfAbsent(hash, filing);
      }
    }
    if (fresh.isEmpty()) {
      return List.of();
    }
    Map<String, String> voucherOf = new HashMap<>();
    List<SignedStep> steps = sign(fresh, shelf, voucherOf);
    List<Stored> stored = new ArrayList<>();
    fresh.forEach((hash, filing) -> stored.add(new Stored(hash, filing, voucherOf.get(hash))));
    List<Uni<RowSet<Row>>> writes = new ArrayList<>();
    writes.add(insert(connection, stored));
    if (!steps.isEmpty()) {
      writes.add(advance(connection, steps));
      writes.add(keep(connection, steps));
    }
    return writes;
  }

  private List<SignedStep> sign(
      Map<String, Filing> fresh, Shelf shelf, Map<String, String> voucherOf) {
    Map<ChannelKey, List<ChannelRow.Item>> added = new LinkedHashMap<>();
    fresh.forEach(
        (hash, filing) -> {
          if (!filing.direct()) {
            added
                .computeIfAbsent(filing.channel(), c -> new ArrayList<>())
                .add(new ChannelRow.Item(ReceiptHash.fromHex(hash), filing.receipt().amount()));
          }
        });
    long until = clock.millis() + config.accounts().voucherValidity().toMillis();
    List<SignedStep> steps = new ArrayList<>();
    added.forEach(
        (key, items) -> {
          ChannelRow channel = shelf.channels.get(key);
          if (channel == null) {
            channel = new ChannelRow();
            channel.id = key;
          }
          Hash before = Hash.fromHex(channel.root);
          Signed<Voucher> signed = Signed.by(edge, domain, channel.next(items, until));
          byte[] record =
              VoucherCodec.toWire(
                      new VoucherStep(
                          signed, items.stream().map(ChannelRow.Item::hash).toList(), before))
                  .toByteArray();
          String hash = signed.statement().digest(domain).toString();
          channel.advance(signed.statement(), record);
          items.forEach(item -> voucherOf.put(item.hash().toString(), hash));
          steps.add(new SignedStep(hash, channel, record));
        });
    return steps;
  }

  private static Uni<RowSet<Row>> insert(SqlConnection connection, List<Stored> stored) {
    return connection
        .preparedQuery(FILE)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(stored, Stored::hash))
                .addValue(Columns.texts(stored, s -> s.filing().receipt().jobId().toString()))
                .addValue(Columns.texts(stored, s -> s.filing().channel().client()))
                .addValue(Columns.texts(stored, s -> s.filing().channel().node()))
                .addValue(Columns.flags(stored, s -> s.filing().direct()))
                .addValue(Columns.texts(stored, s -> s.filing().receipt().amount().toString()))
                .addValue(
                    Columns.bytes(
                        stored, s -> ReceiptCodec.toWire(s.filing().issued()).toByteArray()))
                .addValue(Columns.texts(stored, Stored::voucher)));
  }

  private static Uni<RowSet<Row>> advance(SqlConnection connection, List<SignedStep> steps) {
    return connection
        .preparedQuery(ADVANCE)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(steps, s -> s.channel().id.client()))
                .addValue(Columns.texts(steps, s -> s.channel().id.node()))
                .addValue(Columns.longs(steps, s -> s.channel().epoch))
                .addValue(Columns.texts(steps, s -> s.channel().cumulative.toString()))
                .addValue(Columns.longs(steps, s -> s.channel().receipts))
                .addValue(Columns.texts(steps, s -> s.channel().root))
                .addValue(Columns.bytes(steps, s -> s.channel().newest)));
  }

  private static Uni<RowSet<Row>> keep(SqlConnection connection, List<SignedStep> steps) {
    return connection
        .preparedQuery(KEEP)
        .execute(
            Tuple.tuple()
                .addValue(Columns.texts(steps, SignedStep::hash))
                .addValue(Columns.texts(steps, s -> s.channel().id.client()))
                .addValue(Columns.texts(steps, s -> s.channel().id.node()))
                .addValue(Columns.bytes(steps, SignedStep::record)));
  }
}
