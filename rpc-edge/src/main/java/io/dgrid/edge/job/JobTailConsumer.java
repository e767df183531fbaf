package io.dgrid.edge.job;

import com.google.protobuf.InvalidProtocolBufferException;
import io.dgrid.core.error.DGridException;
import io.dgrid.core.identity.JobId;
import io.dgrid.edge.market.PriceFeed;
import io.dgrid.proto.job.v1.JobTransition;
import io.dgrid.transport.codec.Wire;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Follows the same log for this process alone, from now on: ends of jobs that it streams, with the
 * last of their tokens, in case the relay breaks between the log and the last frame, and prices for
 * those who watch.
 */
@ApplicationScoped
class JobTailConsumer {
  private static final Logger LOG = Logger.getLogger(JobTailConsumer.class);

  private final JobStreams streams;
  private final PriceFeed prices;

  JobTailConsumer(JobStreams streams, PriceFeed prices) {
    this.streams = streams;
    this.prices = prices;
  }

  @Incoming("job-tail")
  void consume(List<byte[]> records) {
    records.forEach(this::consume);
  }

  private void consume(byte[] record) {
    try {
      JobTransition transition = JobTransition.parseFrom(record);
      JobId job = Wire.jobId(transition.getJobId());
      streams.tail(job, transition.getTailList());
      Terminals.of(transition)
          .ifPresent(
              terminal ->
                  streams.ended(
                      job, terminal, Wire.count(transition.getEndPosition(), "end_position")));
      prices.publish(transition);
    } catch (InvalidProtocolBufferException | DGridException poison) {
      // Counted where it is booked.
      LOG.debugf("record of dgrid.job.v1.events ignored: %s", poison.getMessage());
    }
  }
}
