package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.propose.ApplyBacklog;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.ProposalLimits;
import io.kvorum.server.propose.Proposals;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Member 1 is asked for changes, member 2 leads.
class ChangeRouteTest {
  private static final MemberId ONE = new MemberId(1);
  private static final MemberId TWO = new MemberId(2);
  private static final long LEARNER = 7;

  private final ManualClock clock = new ManualClock();
  private final ManualLoop loop = new ManualLoop();
  private final Network network = new Network();
  private final Side one = new Side(ONE);
  private final Side two = new Side(TWO);
  private final List<Object> outcomes = new ArrayList<>();

  private final class Side {
    final Statuses status;
    final TakenChanges raft;
    final LeaderChanges leader;
    final ChangeRoute route;
    final Proposals proposals;

    Side(MemberId self) {
      status = new Statuses(self);
      raft = new TakenChanges(status);
      leader = new LeaderChanges(raft);
      HeldRequests member = new HeldRequests();
      ProvenLessor lessor = new ProvenLessor(member, new LeadershipProof(status, new HeldReads()));
      PeerCalls calls =
          new PeerCalls(
              self.value() << 32,
              network.of(self),
              new CallAnswers(lessor, leader, new FixedFacts()),
              CallLimits.STANDARD,
              clock);
      network.join(self, calls);
      proposals =
          new Proposals(
              new ProposalId.Proposer(self, 1),
              ProposalLimits.of(Duration.ofSeconds(1)),
              this::propose,
              new ApplyBacklog(),
              clock);
      route = new ChangeRoute(status, leader, calls, proposals, Duration.ofSeconds(7));
    }

    private boolean propose(long token, EntryKind kind, ByteString payload) {
      assertThat(kind).isEqualTo(EntryKind.CONFIGURATION);
      return route.propose(token, payload);
    }
  }

  @BeforeEach
  void twoLeads() {
    one.status.follow(TWO, 3);
    two.status.lead(3);
    one.proposals.leaderChanged(Optional.of(TWO));
  }

  private void change(Side side, MemberChange.Builder change) {
    side.proposals.submit(
        LogCommand.newBuilder().setMemberChange(change),
        loop,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            outcomes.add(result);
          }

          @Override
          public void failed(ProposalFailure failure) {
            outcomes.add(failure);
          }
        });
    network.deliver();
  }

  private static MemberChange.Builder removing() {
    return MemberChange.newBuilder().setRemoved(LEARNER);
  }

  private static MemberChange.Builder promoting() {
    return MemberChange.newBuilder().setPromoted(LEARNER);
  }

  @Test
  void change_atAFollower_isProposedByTheLeader() {
    change(one, removing());

    assertThat(one.raft.all).isEmpty();
    assertThat(two.raft.all)
        .singleElement()
        .satisfies(
            taken ->
                assertThat(taken.change())
                    .isEqualTo(
                        new ConfigChange.Alter(
                            List.of(new Step.Remove(new MemberId(LEARNER))),
                            Transition.AUTOMATIC)));
  }

  @Test
  void peer_askingForAMemberToBeLeftAlone_isNotHeard() {
    change(one, MemberChange.newBuilder().setAlone(MemberChange.Alone.newBuilder().setId(1)));

    assertThat(two.raft.all).isEmpty();
  }

  @Test
  void change_refusedForNow_isAskedForAgain() {
    change(one, removing());

    assertThat(two.leader.refused(two.raft.all.getFirst().token(), ProposalRefusal.CHANGE_PENDING))
        .isTrue();
    network.deliver();
    one.proposals.tick(clock.advance(Duration.ofMillis(100)));
    network.deliver();

    assertThat(two.raft.all).hasSize(2);
    assertThat(outcomes).isEmpty();
  }

  @Test
  void change_thatCannotLeave_isAskedForAgainAtTheNextLeader() {
    network.cut(TWO);
    change(one, removing());

    one.status.lead(4);
    one.proposals.leaderChanged(Optional.of(ONE));

    assertThat(two.raft.all).isEmpty();
    assertThat(one.raft.all).hasSize(1);
  }

  @Test
  void change_takenByTheLeader_isNotAskedForAgain() {
    change(one, removing());
    two.leader.tick();
    two.leader.tick();
    network.deliver();

    one.proposals.tick(clock.advance(Duration.ofMillis(100)));
    network.deliver();

    assertThat(two.raft.all).hasSize(1);
    assertThat(two.leader.refused(two.raft.all.getFirst().token(), ProposalRefusal.CHANGE_PENDING))
        .as("answered before")
        .isFalse();
  }

  @Test
  void promotion_ofALearnerThatLags_isRefusedAtBoth() {
    two.raft.matched.put(new MemberId(LEARNER), 899L);
    two.status.leadWithLog(3, 1_000);

    change(one, promoting());
    change(two, promoting());
    loop.runAll();

    assertThat(outcomes)
        .containsOnly(new ProposalFailure.ChangeRefused(MembershipRefusal.LEARNER_NOT_READY))
        .hasSize(2);
    assertThat(two.raft.all).isEmpty();
  }
}
