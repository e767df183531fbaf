package io.dgrid.scheduler.market;

import io.dgrid.core.identity.Address;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Signed;
import io.dgrid.scheduler.job.WorkerId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** All order books of one scheduler. Not thread-safe: its owner's thread only. */
public final class Market {
  private static final int MOST_LOSERS = 16;
  private static final int REMEMBERED_WORKERS = 10_000;
  private static final String NO_FREE_SLOT = "no free slot";
  private static final Comparator<Scored> ORDER =
      Comparator.comparingDouble(Scored::score)
          .thenComparing(scored -> -scored.standing().freeSlots())
          .thenComparing(scored -> scored.standing().worker());

  private final ToIntFunction<Address> reputation;
  private final Function<Address, Optional<String>> barred;
  private final Map<ModelId, TreeMap<WorkerId, Signed<Offer>>> books = new HashMap<>();
  private final Map<WorkerId, Integer> freeSlots = new HashMap<>();
  private final Map<WorkerId, Record> records =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<WorkerId, Record> eldest) {
          return size() > REMEMBERED_WORKERS;
        }
      };

  /** What is remembered of a worker over its sessions. */
  private record Record(Breaker breaker, double firstTokenMillis) {
    static final Record NEW = new Record(Breaker.CLOSED, 0);
  }

  private record Scored(Standing standing, double score, Optional<String> obstacle) {}

  /**
   * @param reputation of a node, 0 to 1 000 000
   * @param barred why a node may not serve at all, for example {@code stake}
   */
  public Market(ToIntFunction<Address> reputation, Function<Address, Optional<String>> barred) {
    this.reputation = reputation;
    this.barred = barred;
  }

  /** Replaces everything the worker offers. */
  public void offer(WorkerId worker, List<Signed<Offer>> offers, int free) {
    withdraw(worker);
    for (Signed<Offer> offer : offers) {
      books
          .computeIfAbsent(offer.statement().modelId(), model -> new TreeMap<>())
          .put(worker, offer);
    }
    freeSlots.put(worker, free);
  }

  public void free(WorkerId worker, int slots) {
    freeSlots.replace(worker, slots);
  }

  public void withdraw(WorkerId worker) {
    freeSlots.remove(worker);
    books.values().forEach(book -> book.remove(worker));
    books.values().removeIf(TreeMap::isEmpty);
  }

  public void failed(WorkerId worker, boolean dishonest, long now) {
    Record record = records.getOrDefault(worker, Record.NEW);
    records.put(
        worker, new Record(record.breaker().failed(dishonest, now), record.firstTokenMillis()));
  }

  public void served(WorkerId worker) {
    Record record = records.getOrDefault(worker, Record.NEW);
    records.put(worker, new Record(record.breaker().served(), record.firstTokenMillis()));
  }

  /** Moving average with weight 0.2 for the newest. */
  public void firstToken(WorkerId worker, long millis) {
    Record record = records.getOrDefault(worker, Record.NEW);
    double average =
        record.firstTokenMillis() == 0 ? millis : 0.8 * record.firstTokenMillis() + 0.2 * millis;
    records.put(worker, new Record(record.breaker(), average));
  }

  public Match best(Ask ask, long now) {
    List<Scored> scored = new ArrayList<>();
    Optional<Price> cheapest = Optional.empty();
    boolean affordable = false;
    boolean busy = false;
    Optional<Scored> winner = Optional.empty();
    Optional<Scored> lastResort = Optional.empty();
    for (Standing standing : book(ask.model(), now)) {
      Scored candidate = scored(standing, ask, now);
      scored.add(candidate);
      Price needed = highest(standing.offer());
      boolean within = standing.offer().pricing().within(ask.maxPrice());
      if (cheapest.isEmpty() || needed.compareTo(cheapest.get()) < 0) {
        cheapest = Optional.of(needed);
      }
      affordable |= within;
      busy |= candidate.obstacle().filter(NO_FREE_SLOT::equals).isPresent();
      if (candidate.obstacle().isEmpty()) {
        if (ask.avoided().contains(standing.worker())) {
          lastResort = better(lastResort, candidate);
        } else {
          winner = better(winner, candidate);
        }
      }
    }
    Optional<Scored> chosen = winner.isPresent() ? winner : lastResort;
    if (chosen.isPresent()) {
      return new Match.Won(chosen.get().standing(), losers(scored, chosen.get(), ask));
    }
    if (!affordable && cheapest.isPresent()) {
      return new Match.PriceTooLow(cheapest.get());
    }
    return busy ? new Match.Busy() : new Match.NoOffers();
  }

  /** The standing offers of a model, best first, as routing would rank them. */
  public List<Standing> ranked(ModelId model, long now) {
    Ask ask = Ask.reference(model);
    return book(model, now).stream()
        .map(standing -> new Scored(standing, Score.of(standing, ask), Optional.empty()))
        .sorted(ORDER)
        .map(Scored::standing)
        .toList();
  }

  public List<ModelId> models() {
    return List.copyOf(books.keySet());
  }

  private List<Standing> book(ModelId model, long now) {
    TreeMap<WorkerId, Signed<Offer>> book = books.get(model);
    if (book == null) {
      return List.of();
    }
    book.values().removeIf(offer -> offer.statement().validUntil() <= now);
    List<Standing> standings = new ArrayList<>(book.size());
    book.forEach(
        (worker, offer) ->
            standings.add(
                new Standing(
                    worker,
                    offer,
                    freeSlots.getOrDefault(worker, 0),
                    reputation.applyAsInt(worker.node()),
                    records.getOrDefault(worker, Record.NEW).firstTokenMillis())));
    return standings;
  }

  private Scored scored(Standing standing, Ask ask, long now) {
    return new Scored(standing, Score.of(standing, ask), obstacle(standing, ask, now));
  }

  private Optional<String> obstacle(Standing standing, Ask ask, long now) {
    if (!standing.offer().pricing().within(ask.maxPrice())) {
      return Optional.of("over max price");
    }
    Optional<String> bar = barred.apply(standing.worker().node());
    if (bar.isPresent()) {
      return bar;
    }
    if (records.getOrDefault(standing.worker(), Record.NEW).breaker().isOpen(now)) {
      return Optional.of("backing off after failures");
    }
    return standing.freeSlots() < 1 ? Optional.of(NO_FREE_SLOT) : Optional.empty();
  }

  private static Optional<Scored> better(Optional<Scored> best, Scored candidate) {
    return best.isEmpty() || ORDER.compare(candidate, best.get()) < 0
        ? Optional.of(candidate)
        : best;
  }

  private static List<Match.Loser> losers(List<Scored> scored, Scored winner, Ask ask) {
    return scored.stream()
        .filter(other -> other != winner)
        .sorted(ORDER)
        .limit(MOST_LOSERS)
        .map(other -> new Match.Loser(other.standing().offer(), reason(other, winner, ask)))
        .toList();
  }

  private static String reason(Scored loser, Scored winner, Ask ask) {
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
    return loser.score() > winner.score() ? "latency" : "equal, by free slots and address";
  }

  private static Price highest(Offer offer) {
    return offer.inputPrice().compareTo(offer.outputPrice()) > 0
        ? offer.inputPrice()
        : offer.outputPrice();
  }
}
