package io.kvorum.server.cluster;

import static io.kvorum.raft.peer.PeerListener.Direction.INCOMING;
import static io.kvorum.raft.peer.PeerListener.Direction.OUTGOING;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.command.MemberChange;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.ManualClock;
import io.kvorum.server.apply.Alarms;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.config.MemberConfig.ReconfigurationChecks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// operations.md §5.6. Members 1 to n vote, 1 is this one; names are those that have started.
class ReconfigurationTest {
  private static final MemberId SELF = new MemberId(1);

  private final ManualClock clock = new ManualClock();
  private final Connections connections = new Connections(clock);
  private final List<Member> members = new ArrayList<>();

  private void voters(int count, int started) {
    for (int id = 1; id <= count; id++) {
      members.add(Member.newBuilder().setId(id).setName(id <= started ? "n" + id : "").build());
    }
  }

  private void connect(int... peers) {
    for (int peer : peers) {
      connections.connected(new MemberId(peer), INCOMING);
      connections.connected(new MemberId(peer), OUTGOING);
    }
  }

  private Optional<MembershipRefusal> refusal(MemberChange.Builder change) {
    return checking(ReconfigurationChecks.STRICT).refusal(change.build());
  }

  private Reconfiguration checking(ReconfigurationChecks checks) {
    ClusterState state =
        new ClusterState(
            Alarms.NONE, Membership.newBuilder().addAllMembers(members).build(), Optional.empty());
    return new Reconfiguration(SELF, checks, 1, () -> state, connections);
  }

  private static MemberChange.Builder adding(boolean learner) {
    return MemberChange.newBuilder().setAdded(MemberChange.Added.newBuilder().setLearner(learner));
  }

  private static MemberChange.Builder removing(long id) {
    return MemberChange.newBuilder().setRemoved(id);
  }

  private static MemberChange.Builder promoting(long id) {
    return MemberChange.newBuilder().setPromoted(id);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, ''", // one that waits for its second member
    "2, 1, NOT_ENOUGH_STARTED",
    "3, 2, NOT_ENOUGH_STARTED", // four need three
    "3, 3, ''",
    "4, 3, ''", // five need three
  })
  void voter_added_needsAStartedMajorityOfTheGrownCluster(int voters, int started, String refusal) {
    voters(voters, started);
    connect(2, 3, 4);
    clock.advance(Duration.ofSeconds(5));

    assertThat(refusal(adding(false)).map(Enum::name).orElse("")).isEqualTo(refusal);
  }

  @Test
  void member_added_needsAMajorityThatIsConnectedForLong() {
    voters(3, 3);
    connect(2, 3);

    clock.advance(Duration.ofMillis(4_999));
    assertThat(refusal(adding(true))).contains(MembershipRefusal.UNHEALTHY);
    clock.advance(Duration.ofMillis(1));
    assertThat(refusal(adding(false))).isEmpty();
    connections.disconnected(new MemberId(3), INCOMING);
    assertThat(refusal(adding(false))).as("a fourth voter").contains(MembershipRefusal.UNHEALTHY);
    assertThat(refusal(adding(true))).as("a learner").isEmpty();
    assertThat(checking(ReconfigurationChecks.OFF).refusal(adding(false).build())).isEmpty();
  }

  @Test
  void voter_removed_mustLeaveAStartedMajority() {
    voters(1, 1);
    assertThat(refusal(removing(1))).contains(MembershipRefusal.NOT_ENOUGH_STARTED);

    members.clear();
    voters(3, 2);
    assertThat(refusal(removing(2))).contains(MembershipRefusal.NOT_ENOUGH_STARTED);
    assertThat(refusal(removing(9))).contains(MembershipRefusal.MEMBER_NOT_FOUND);
  }

  @Test
  void voterThatIsUp_removedWhileTooFewOthersAre_isRefused() {
    voters(3, 3);
    connect(2);
    clock.advance(Duration.ofSeconds(5));

    assertThat(refusal(removing(2))).contains(MembershipRefusal.UNHEALTHY);
    assertThat(refusal(removing(3))).as("one that is down").isEmpty();
    assertThat(refusal(removing(1))).as("this member").contains(MembershipRefusal.UNHEALTHY);
    connect(3);
    clock.advance(Duration.ofSeconds(5));
    assertThat(refusal(removing(2))).isEmpty();
  }

  @Test
  void learner_removed_needsNothing() {
    voters(1, 1);
    members.add(Member.newBuilder().setId(7).setLearner(true).build());

    assertThat(refusal(removing(7))).isEmpty();
  }

  @Test
  void learner_promoted_needsAStartedMajority() {
    voters(3, 1);
    members.add(Member.newBuilder().setId(7).setLearner(true).build());

    assertThat(refusal(promoting(7))).contains(MembershipRefusal.NOT_ENOUGH_STARTED);
    assertThat(refusal(promoting(8))).contains(MembershipRefusal.MEMBER_NOT_FOUND);
  }

  @ParameterizedTest
  @CsvSource({"899, LEARNER_NOT_READY", "900, ''"})
  void learner_promoted_mustHoldNineTenthsOfTheLog(long matched, String refusal) {
    RaftStatus leader =
        new RaftStatus(SELF, RoleKind.LEADER, 3, Optional.of(SELF), 1_000, 1_000, 1_000);
    Map<MemberId, Long> matches = Map.of(new MemberId(7), matched);

    assertThat(
            Reconfiguration.ofLeader(promoting(7).build(), leader, matches)
                .map(Enum::name)
                .orElse(""))
        .isEqualTo(refusal);
    assertThat(Reconfiguration.ofLeader(promoting(8).build(), leader, matches))
        .contains(MembershipRefusal.LEARNER_NOT_READY);
    assertThat(Reconfiguration.ofLeader(removing(8).build(), leader, matches)).isEmpty();
  }
}
