package io.dgrid.edge;

import io.dgrid.core.eip712.Domain;
import io.dgrid.core.fingerprint.Fingerprint;
import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.SigningKey;
import io.dgrid.core.money.Price;
import io.dgrid.core.receipt.FinishReason;
import io.dgrid.core.receipt.IssuedReceipt;
import io.dgrid.core.receipt.JobRequest;
import io.dgrid.core.receipt.Offer;
import io.dgrid.core.receipt.Receipt;
import io.dgrid.core.receipt.Signed;
import io.dgrid.proto.job.v1.Assigned;
import io.dgrid.proto.job.v1.Chunk;
import io.dgrid.proto.job.v1.Completed;
import io.dgrid.proto.job.v1.Failed;
import io.dgrid.proto.job.v1.JobEvent;
import io.dgrid.proto.job.v1.JobQueued;
import io.dgrid.proto.job.v1.JobState;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.proto.job.v1.RelayRequest;
import io.dgrid.proto.job.v1.RelayResponse;
import io.dgrid.proto.job.v1.RelayServiceGrpc;
import io.dgrid.proto.job.v1.SubmittedJob;
import io.dgrid.proto.job.v1.Usage;
import io.dgrid.proto.market.v1.StandingOffer;
import io.dgrid.proto.worker.v1.FleetServiceGrpc;
import io.dgrid.proto.worker.v1.ListOffersRequest;
import io.dgrid.proto.worker.v1.ListOffersResponse;
import io.dgrid.proto.worker.v1.ModelSpread;
import io.dgrid.transport.Channels;
import io.dgrid.transport.codec.JobRequestCodec;
import io.dgrid.transport.codec.OfferCodec;
import io.dgrid.transport.codec.ReceiptCodec;
import io.dgrid.transport.codec.Wire;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Behaves like a scheduler with one worker: takes jobs from the log, keeps each edge's window,
 * sends the answer over a relay stream and the end to the log. Answers {@code "w0 w1 w2 …"}, one
 * token a word.
 */
public final class FakeScheduler implements AutoCloseable {
  /** Partitions over which the jobs of each model may be spread. */
  public static final int SPREAD = 3;

  /** Each job's tokens stop here, waiting, while it is set lower than the answer. */
  public volatile int holdAt = Integer.MAX_VALUE;

  public volatile int answerTokens = 5;
  public volatile boolean takesJobs = true;
  public volatile boolean tellsRelayTheEnd = true;

  /** It dies before the tokens from here on, and the end, are on the relay. */
  public volatile int diesAt = Integer.MAX_VALUE;

  /** The end in the log repeats the tokens from here on. */
  public volatile int confirmed = Integer.MAX_VALUE;

  public final SigningKey node = SigningKey.random();
  public final BlockingQueue<SubmittedJob> taken = new LinkedBlockingQueue<>();
  public final BlockingQueue<RelayResponse> commands = new LinkedBlockingQueue<>();

  /** Where each job came from. */
  public final Map<com.google.protobuf.ByteString, Integer> partitions = new ConcurrentHashMap<>();

  private final Domain domain;
  private final KafkaConsumer<byte[], byte[]> log;
  private final KafkaProducer<byte[], byte[]> events;
  private final Server server;
  private final Map<String, StreamObserver<RelayRequest>> relays = new ConcurrentHashMap<>();
  private final Map<com.google.protobuf.ByteString, Running> jobs = new ConcurrentHashMap<>();
  private final List<ManagedChannel> channels = new CopyOnWriteArrayList<>();
  private final Thread loop;
  private volatile boolean closed;
  private Hash previousReceipt = Hash.ZERO;

  private static final class Running {
    final SubmittedJob job;
    int next;
    int allowed;
    boolean over;

    Running(SubmittedJob job) {
      this.job = job;
    }
  }

  public FakeScheduler(String bootstrapServers, Domain domain) throws IOException {
    this.domain = domain;
    Properties common = new Properties();
    common.put("bootstrap.servers", bootstrapServers);
    Properties consumer = new Properties();
    consumer.putAll(common);
    consumer.put("group.id", "fake-" + UUID.randomUUID());
    consumer.put("auto.offset.reset", "earliest");
    log = new KafkaConsumer<>(consumer, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    log.subscribe(List.of("dgrid.job.v1.submitted"));
    events = new KafkaProducer<>(common, new ByteArraySerializer(), new ByteArraySerializer());
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(new Fleet())
            .build()
            .start();
    loop = Thread.ofPlatform().daemon().name("fake-scheduler").start(this::run);
  }

  /** As new, for the next test. */
  public void reset() {
    jobs.clear();
    taken.clear();
    commands.clear();
    holdAt = Integer.MAX_VALUE;
    answerTokens = 5;
    takesJobs = true;
    tellsRelayTheEnd = true;
    diesAt = Integer.MAX_VALUE;
    confirmed = Integer.MAX_VALUE;
  }

  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  public Signed<Offer> offer(io.dgrid.core.identity.ModelId model) {
    return Signed.by(
        node,
        domain,
        new Offer(
            node.address(),
            model,
            Price.of(1_000_000),
            Price.of(2_000_000),
            4,
            System.currentTimeMillis() + 60_000));
  }

  private void run() {
    while (!closed) {
      for (ConsumerRecord<byte[], byte[]> record : log.poll(Duration.ofMillis(20))) {
        try {
          SubmittedJob job = SubmittedJob.parseFrom(record.value());
          partitions.put(job.getJobId(), record.partition());
          taken.add(job);
          if (job.getWithdrawn()) {
            withdraw(job);
          } else if (takesJobs) {
            take(job);
          }
        } catch (IOException broken) {
          throw new IllegalStateException(broken);
        }
      }
      jobs.values().forEach(this::advance);
    }
    log.close();
  }

  private void take(SubmittedJob job) {
    // Known before it is announced: the edge's window may come back at once.
    if (jobs.putIfAbsent(job.getJobId(), new Running(job)) == null) {
      send(
          job,
          RelayRequest.newBuilder()
              .setQueued(JobQueued.newBuilder().setJobId(job.getJobId()))
              .build());
    }
  }

  private void withdraw(SubmittedJob withdrawal) {
    Running running = jobs.get(withdrawal.getJobId());
    if (running != null) {
      synchronized (running) {
        end(running, true);
      }
      return;
    }
    log(
        transition(withdrawal)
            .setFailed(
                Failed.newBuilder()
                    .setState(JobState.JOB_STATE_CANCELLED)
                    .setFailure(
                        io.dgrid.transport.error.FailureCodec.toWire(
                            new io.dgrid.core.error.DGridException(
                                io.dgrid.core.error.ErrorCode.UNAVAILABLE, "withdrawn")))
                    .setAmount("0")));
    events.flush();
  }

  private synchronized StreamObserver<RelayRequest> relay(SubmittedJob job) {
    return relays.computeIfAbsent(
        job.getReplyTo(),
        target -> {
          ManagedChannel channel = Channels.to(target);
          channels.add(channel);
          return RelayServiceGrpc.newStub(channel)
              .relay(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(RelayResponse command) {
                      obey(command);
                    }

                    @Override
                    public void onError(Throwable broken) {
                      relays.remove(target);
                    }

                    @Override
                    public void onCompleted() {
                      relays.remove(target);
                    }
                  });
        });
  }

  private void obey(RelayResponse command) {
    commands.add(command);
    Running running = jobs.get(command.getJobId());
    if (running == null) {
      return;
    }
    synchronized (running) {
      switch (command.getCommandCase()) {
        case ALLOW_UNTIL -> running.allowed = Math.max(running.allowed, command.getAllowUntil());
        case RESEND_FROM -> running.next = Math.min(running.next, command.getResendFrom());
        case CANCEL -> end(running, true);
        case HAVE_UNTIL, COMMAND_NOT_SET -> {}
      }
    }
  }

  private void advance(Running running) {
    synchronized (running) {
      if (running.over) {
        return;
      }
      int total = total(running);
      if (running.next == 0 && running.allowed > 0) {
        send(
            running.job,
            JobEvent.newBuilder()
                .setAssigned(
                    Assigned.newBuilder()
                        .setAttempt(1)
                        .setOffer(OfferCodec.toWire(offerOf(running)))));
      }
      while (running.next < Math.min(Math.min(total, holdAt), running.allowed)) {
        int position = running.next++;
        if (position < diesAt) {
          send(running.job, JobEvent.newBuilder().setChunk(chunk(position)));
        }
      }
      if (running.next >= total) {
        end(running, false);
      }
    }
  }

  private int total(Running running) {
    return Math.min(answerTokens, running.job.getRequest().getRequest().getMaxOutputTokens());
  }

  private Signed<Offer> offerOf(Running running) {
    return offer(Wire.modelId(running.job.getRequest().getRequest().getModelId()));
  }

  private static Chunk chunk(int position) {
    return Chunk.newBuilder()
        .setAttempt(1)
        .setFirstPosition(position)
        .addTokenIds(token(position))
        .setText("w" + position + " ")
        .addLogprobs(100)
        .build();
  }

  private static int token(int position) {
    return 300 + position % 50;
  }

  private void end(Running running, boolean cancelled) {
    if (running.over) {
      return;
    }
    running.over = true;
    IssuedReceipt receipt = receipt(running, cancelled);
    var wire = ReceiptCodec.toWire(receipt);
    Receipt r = receipt.receipt().statement();
    Usage usage =
        Usage.newBuilder()
            .setInputTokens(r.inputTokens())
            .setOutputTokens(r.outputTokens())
            .build();
    JobTransition.Builder transition = transition(running.job).setEndPosition(running.next);
    for (int position = confirmed; position < running.next; position++) {
      if (position < running.next - 1) {
        log(transition(running.job).addTail(chunk(position)));
      } else {
        transition.addTail(chunk(position));
      }
    }
    JobEvent.Builder event = JobEvent.newBuilder();
    if (cancelled) {
      Failed failed =
          Failed.newBuilder()
              .setState(JobState.JOB_STATE_CANCELLED)
              .setFailure(
                  io.dgrid.transport.error.FailureCodec.toWire(
                      new io.dgrid.core.error.DGridException(
                          io.dgrid.core.error.ErrorCode.CANCELLED, "cancelled")))
              .setUsage(usage)
              .setAmount(r.amount().toString())
              .addReceipts(wire)
              .build();
      transition.setFailed(failed);
      event.setFailed(failed);
    } else {
      Completed completed =
          Completed.newBuilder()
              .setFinishReason(2)
              .setUsage(usage)
              .setAmount(r.amount().toString())
              .addReceipts(wire)
              .build();
      transition.setCompleted(completed);
      event.setCompleted(completed);
    }
    log(transition);
    events.flush();
    if (tellsRelayTheEnd && running.next <= diesAt) {
      send(running.job, event);
    }
  }

  private static JobTransition.Builder transition(SubmittedJob job) {
    return JobTransition.newBuilder()
        .setJobId(job.getJobId())
        .setClient(job.getRequest().getRequest().getClient())
        .setModelId(job.getRequest().getRequest().getModelId())
        .setAt(System.currentTimeMillis());
  }

  private void log(JobTransition.Builder transition) {
    events.send(
        new ProducerRecord<>(
            "dgrid.job.v1.events",
            transition.getJobId().toByteArray(),
            transition.build().toByteArray()));
  }

  private IssuedReceipt receipt(Running running, boolean cancelled) {
    Signed<JobRequest> request = JobRequestCodec.fromWire(running.job.getRequest());
    Signed<Offer> offer = offerOf(running);
    int[] ids = IntStream.range(0, running.next).map(FakeScheduler::token).toArray();
    int[] logprobs = IntStream.range(0, running.next).map(i -> 100).toArray();
    Hash salt = Wire.hash(running.job.getSalt(), "salt");
    int input = running.job.getPromptTokensCount();
    Receipt receipt =
        new Receipt(
            request.statement().jobId(domain),
            1,
            request.statement().client(),
            node.address(),
            request.statement().modelId(),
            request.statement().structHash(),
            Fingerprint.responseHash(salt, 0, ids),
            Fingerprint.root(salt, ids, logprobs),
            0,
            input,
            ids.length,
            offer.statement().pricing().bill(input, ids.length),
            System.currentTimeMillis(),
            System.currentTimeMillis(),
            cancelled ? FinishReason.CANCELLED : FinishReason.LENGTH,
            previousReceipt);
    previousReceipt = receipt.hash(domain).hash();
    return new IssuedReceipt(Signed.by(node, domain, receipt), offer, request);
  }

  private void send(SubmittedJob job, JobEvent.Builder event) {
    send(job, RelayRequest.newBuilder().setEvent(event.setJobId(job.getJobId())).build());
  }

  private void send(SubmittedJob job, RelayRequest frame) {
    StreamObserver<RelayRequest> relay = relay(job);
    synchronized (relay) {
      relay.onNext(frame);
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      loop.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    events.close(Duration.ofSeconds(1));
    channels.forEach(ManagedChannel::shutdownNow);
    server.shutdownNow();
  }

  private final class Fleet extends FleetServiceGrpc.FleetServiceImplBase {
    @Override
    public void listOffers(ListOffersRequest request, StreamObserver<ListOffersResponse> out) {
      List<StandingOffer> offers = new ArrayList<>();
      List<ModelSpread> spreads = new ArrayList<>();
      for (var entry : TestNetwork.catalogue().entries()) {
        offers.add(
            StandingOffer.newBuilder()
                .setOffer(OfferCodec.toWire(offer(entry.manifest().id())))
                .setFreeSlots(4)
                .setWorker("fake")
                .build());
        spreads.add(
            ModelSpread.newBuilder()
                .setModelId(Wire.bytes(entry.manifest().id()))
                .setSpread(SPREAD)
                .build());
      }
      out.onNext(
          ListOffersResponse.newBuilder().addAllOffers(offers).addAllSpreads(spreads).build());
      out.onCompleted();
    }
  }
}
