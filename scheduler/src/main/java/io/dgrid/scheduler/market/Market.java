package io.dgrid.scheduler.market;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.job.WorkerId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * All order books of one scheduler. Time moves only by calls that name it. Not thread-safe: its
 * owner's thread only.
 */
public final class Market {
  private static final int MOST_LOSERS = 16;
  private static final int REMEMBERED_WORKERS = 10_000;

  private final ToIntFunction<Address> reputation;
  private final Function<Address, Optional<String>> barred;
  private final Map<ModelId, OrderBook> books = new HashMap<>();
  private final TreeMap<WorkerId, Stall> stalls = new TreeMap<>();

  /** When offers expire and bans end. */
  private final TreeSet<Alarm> alarms = new TreeSet<>();

  private final Map<WorkerId, Record> records =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<WorkerId, Record> eldest) {
          return size() > REMEMBERED_WORKERS;
        }
      };
  private long now;

  /** What a connected worker sells. */
  private record Stall(Map<ModelId, Signed<Offer>> offers, int free, Optional<Alarm> alarm) {}

  private record Alarm(long at, WorkerId worker) implements Comparable<Alarm> {
    @Override
    public int compareTo(Alarm other) {
      int byTime = Long.compare(at, other.at);
      return byTime == 0 ? worker.compareTo(other.worker) : byTime;
    }
  }

  /** What is remembered of a worker over its sessions. */
  private record Record(Breaker breaker, double firstTokenMillis) {
    static final Record NEW = new Record(Breaker.CLOSED, 0);
  }

  /**
   * @param reputation of a node, 0 to 1 000 000
   * @param barred why a node may not serve at all, for example {@code stake too low}
   */
  public Market(ToIntFunction<Address> reputation, Function<Address, Optional<String>> barred) {
    this.reputation = reputation;
    this.barred = barred;
  }

  /** Replaces everything the worker offers. */
  public void offer(WorkerId worker, List<Signed<Offer>> offers, int free) {
    Map<ModelId, Signed<Offer>> byModel = new HashMap<>();
    offers.forEach(offer -> byModel.put(offer.statement().modelId(), offer));
    Stall before = stalls.get(worker);
    if (before != null) {
      before.offers().keySet().stream()
          .filter(model -> !byModel.containsKey(model))
          .forEach(model -> delist(model, worker));
    }
    stalls.put(
        worker, new Stall(byModel, free, before == null ? Optional.empty() : before.alarm()));
    list(worker);
  }

  public void free(WorkerId worker, int slots) {
    Stall stall = stalls.get(worker);
    if (stall != null && stall.free() != slots) {
      stalls.put(worker, new Stall(stall.offers(), slots, stall.alarm()));
      list(worker);
    }
  }

  public void withdraw(WorkerId worker) {
    Stall gone = stalls.remove(worker);
    if (gone != null) {
      gone.offers().keySet().forEach(model -> delist(model, worker));
      gone.alarm().ifPresent(alarms::remove);
    }
  }

  /** Reputation or stake of a node changed. */
  public void changed(Address node) {
    for (WorkerId worker : List.copyOf(stalls.tailMap(new WorkerId(node, "")).keySet())) {
      if (!worker.node().equals(node)) {
        return;
      }
      list(worker);
    }
  }

  public void failed(WorkerId worker, boolean dishonest, long at) {
    advance(at);
    Record record = records.getOrDefault(worker, Record.NEW);
    remember(worker, new Record(record.breaker().failed(dishonest, at), record.firstTokenMillis()));
  }

  public void served(WorkerId worker) {
    Record record = records.getOrDefault(worker, Record.NEW);
    remember(worker, new Record(record.breaker().served(), record.firstTokenMillis()));
  }

  /** Moving average with weight 0.2 for the newest. */
  public void firstToken(WorkerId worker, long millis) {
    Record record = records.getOrDefault(worker, Record.NEW);
    double average =
        record.firstTokenMillis() == 0 ? millis : 0.8 * record.firstTokenMillis() + 0.2 * millis;
    remember(worker, new Record(record.breaker(), average));
  }

  /** It is slower than this; how much, nobody waited to see. */
  public void slowerThan(WorkerId worker, long millis) {
    if (records.getOrDefault(worker, Record.NEW).firstTokenMillis() < millis) {
      firstToken(worker, millis);
    }
  }

  /** Empty when nothing open is within the maximum price; {@link #levels} say why. */
  public Optional<Match> best(Ask ask, long at) {
    advance(at);
    OrderBook book = books.get(ask.model());
    if (book == null) {
      return Optional.empty();
    }
    List<Listing> top = first(book.all(ask), MOST_LOSERS + 1);
    // Most often it is among the best of all; only a book that is mostly taken is searched again.
    return top.stream()
        .filter(each -> canWin(each, ask))
        .findFirst()
        .or(() -> winner(book, ask))
        .map(winner -> new Match(winner.standing(), losers(top, winner, ask)));
  }

  /** What a job must pay to win, or to wait. */
  public Levels levels(ModelId model, long at) {
    advance(at);
    OrderBook book = books.get(model);
    return book == null ? Levels.NONE : book.levels();
  }

  /** The standing offers of a model, best first, as routing would rank them. */
  public List<Standing> ranked(ModelId model, long at) {
    advance(at);
    List<Standing> ranked = new ArrayList<>();
    OrderBook book = books.get(model);
    if (book != null) {
      book.all(Ask.reference(model)).forEachRemaining(each -> ranked.add(each.standing()));
    }
    return ranked;
  }

  /** What a job must pay for the worker's next slot, per model; nothing while it may serve none. */
  public Map<ModelId, Price> prices(WorkerId worker, long at) {
    advance(at);
    Map<ModelId, Price> prices = new HashMap<>();
    Stall stall = stalls.get(worker);
    if (stall != null) {
      for (ModelId model : stall.offers().keySet()) {
        Optional.ofNullable(books.get(model))
            .flatMap(book -> book.find(worker))
            .filter(listing -> listing.isOpen() || listing.isBusy())
            .ifPresent(listing -> prices.put(model, listing.highestPrice()));
      }
    }
    return prices;
  }

  public List<ModelId> models() {
    return List.copyOf(books.keySet());
  }

  private void remember(WorkerId worker, Record record) {
    records.put(worker, record);
    list(worker);
  }

  private void advance(long at) {
    now = Math.max(now, at);
    while (!alarms.isEmpty() && alarms.first().at() <= now) {
      list(alarms.first().worker());
    }
  }

  /** Brings the worker's listings up to date with all they depend on. */
  private void list(WorkerId worker) {
    Stall stall = stalls.get(worker);
    if (stall == null) {
      return;
    }
    stall.alarm().ifPresent(alarms::remove);
    Record record = records.getOrDefault(worker, Record.NEW);
    boolean backingOff = record.breaker().isOpen(now);
    Optional<String> obstacle =
        barred
            .apply(worker.node())
            .or(() -> backingOff ? Optional.of("backing off after failures") : Optional.empty());
    long next = backingOff ? record.breaker().openUntil() : Long.MAX_VALUE;
    for (Map.Entry<ModelId, Signed<Offer>> entry : Map.copyOf(stall.offers()).entrySet()) {
      Signed<Offer> offer = entry.getValue();
      if (offer.statement().validUntil() <= now) {
        delist(entry.getKey(), worker);
        stall.offers().remove(entry.getKey());
        continue;
      }
      next = Math.min(next, offer.statement().validUntil());
      Standing standing =
          new Standing(
              worker,
              offer,
              stall.free(),
              reputation.applyAsInt(worker.node()),
              record.firstTokenMillis());
      books
          .computeIfAbsent(entry.getKey(), model -> new OrderBook())
          .put(Listing.of(standing, obstacle));
    }
    Optional<Alarm> alarm =
        next == Long.MAX_VALUE ? Optional.empty() : Optional.of(new Alarm(next, worker));
    alarm.ifPresent(alarms::add);
    stalls.put(worker, new Stall(stall.offers(), stall.free(), alarm));
  }

  private void delist(ModelId model, WorkerId worker) {
    OrderBook book = books.get(model);
    if (book != null) {
      book.remove(worker);
      if (book.isEmpty()) {
        books.remove(model);
      }
    }
  }

  private static List<Listing> first(Iterator<Listing> ranking, int most) {
    List<Listing> first = new ArrayList<>(most);
    while (first.size() < most && ranking.hasNext()) {
      first.add(ranking.next());
    }
    return first;
  }

  private static boolean canWin(Listing listing, Ask ask) {
    return listing.isOpen()
        && listing.highestPrice().compareTo(ask.maxPrice()) <= 0
        && !ask.avoided().contains(listing.standing().worker());
  }

  /** The best that did not fail the job before, else the best that did. */
  private static Optional<Listing> winner(OrderBook book, Ask ask) {
    Optional<Listing> lastResort = Optional.empty();
    for (Iterator<Listing> open = book.open(ask); open.hasNext(); ) {
      Listing candidate = open.next();
      if (!ask.avoided().contains(candidate.standing().worker())) {
        return Optional.of(candidate);
      }
      lastResort = lastResort.or(() -> Optional.of(candidate));
    }
    return lastResort;
  }

  private static List<Match.Loser> losers(List<Listing> top, Listing winner, Ask ask) {
    return top.stream()
        .filter(other -> other != winner)
        .limit(MOST_LOSERS)
        .map(other -> new Match.Loser(other.standing().offer(), reason(other, winner, ask)))
        .toList();
  }

  private static String reason(Listing loser, Listing winner, Ask ask) {
    if (loser.highestPrice().compareTo(ask.maxPrice()) > 0) {
      return "over max price";
    }
    if (loser.obstacle().isPresent()) {
      return loser.obstacle().get();
    }
    if (ask.avoided().contains(loser.standing().worker())) {
      return "failed this job before";
    }
    double cost = Score.cost(loser.standing().offer(), ask);
    if (cost > Score.cost(winner.standing().offer(), ask)) {
      return "price";
    }
    if (loser.standing().reputationMicros() < winner.standing().reputationMicros()) {
      return "reputation";
    }
    return loser.score().at(ask) > winner.score().at(ask)
        ? "latency"
        : "equal, by free slots and address";
  }
}
