package io.dgrid.scheduler.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.dgrid.scheduler.peer.Owners;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberAssignment;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OwnersClientTest {
  @Test
  void membersOwnTheSubmissionsTheyAreAssigned() {
    Owners owners =
        OwnersClient.owners(
            group(
                member("10.0.0.1:9100", Topics.SUBMITTED, 0, 2),
                member("10.0.0.2:9100", Topics.SUBMITTED, 1),
                member("10.0.0.2:9100", Topics.EVENTS, 5)));

    assertThat(owners)
        .isEqualTo(new Owners(Map.of(0, "10.0.0.1:9100", 2, "10.0.0.1:9100", 1, "10.0.0.2:9100")));
    assertThat(owners.of(5)).isEmpty();
  }

  @Test
  void memberThatOwnsNothingIsAMember() {
    Owners owners =
        OwnersClient.owners(
            group(member("h:1", Topics.SUBMITTED, 0), member("h:2", Topics.SUBMITTED)));

    assertThat(owners.members()).containsExactlyInAnyOrder("h:1", "h:2");
  }

  @Test
  void memberWithoutAnAddressOwnsNothingThatCanBeReached() {
    Owners owners =
        OwnersClient.owners(
            group(member("consumer-1", Topics.SUBMITTED, 0), member("h:1", Topics.SUBMITTED, 1)));

    assertThat(owners.byPartition()).containsExactly(Map.entry(1, "h:1"));
  }

  private static ConsumerGroupDescription group(MemberDescription... members) {
    return new ConsumerGroupDescription(
        "group",
        false,
        List.of(members),
        "cooperative-sticky",
        GroupType.CLASSIC,
        GroupState.STABLE,
        new Node(1, "127.0.0.1", 9092),
        Set.of(),
        Optional.empty(),
        Optional.empty());
  }

  private static MemberDescription member(String clientId, String topic, int... partitions) {
    return new MemberDescription(
        clientId + "-id",
        Optional.empty(),
        Optional.empty(),
        clientId,
        "/127.0.0.1",
        new MemberAssignment(
            IntStream.of(partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .collect(Collectors.toSet())),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
