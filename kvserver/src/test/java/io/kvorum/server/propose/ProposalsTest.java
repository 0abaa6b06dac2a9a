package io.kvorum.server.propose;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.ExpiredLease;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LeaseExpiry;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualClock;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.ProposalId;
import io.kvorum.server.command.ProposalId.Proposer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which outcome a proposal has, and that it has one (raft.md B3, B4).
class ProposalsTest {
  private static final MemberId MEMBER_5 = new MemberId(5);
  private static final Proposer SELF = new Proposer(MEMBER_5, 3);
  private static final ProposalLimits LIMITS = ProposalLimits.of(Duration.ofSeconds(1));
  private static final ApplyResult DONE =
      new ApplyResult.Applied(PutResponse.getDefaultInstance(), 17);

  private final ManualClock clock = new ManualClock();
  private final ManualLoop loop = new ManualLoop();
  private final ApplyBacklog backlog = new ApplyBacklog();
  private final List<Long> tokens = new ArrayList<>();
  private final List<ByteString> payloads = new ArrayList<>();
  private boolean inboxFull;
  private Proposals proposals = proposalsWith(LIMITS);

  @Test
  void command_submitted_carriesFormatAndIdentity() {
    submitPut("k");

    LogCommand logged = CommandCodec.decode(payloads.getFirst());
    assertThat(ProposalId.of(logged)).isEqualTo(idOf(0));
  }

  @Test
  void answersOfOneBatch_given_reachTheLoopAsOneTask() {
    Outcome first = submitPut("a");
    Outcome second = submitPut("b");
    LoopTasks tasks = new LoopTasks();

    answer(0, tasks);
    answer(1, tasks);
    tasks.dispatch();

    assertThat(loop.waitingTasks()).isEqualTo(1);
    loop.runAll();
    assertThat(first.events).containsExactly(DONE);
    assertThat(second.events).containsExactly(DONE);
    assertThat(proposals.waitingBytes()).isZero();
  }

  @Test
  void resultOfAnEarlierBoot_arrives_isNobodysAnswer() {
    submitPut("a");

    ProposalId earlierBoot = new ProposalId(new Proposer(MEMBER_5, 2), idOf(0).sequence());

    assertThat(proposals.isAwaited(earlierBoot)).isFalse();
    assertThat(proposals.take(earlierBoot)).isEmpty();
    assertThat(proposals.waitingCommands()).isEqualTo(1);
  }

  @Test
  void command_requestTimeoutPasses_outcomeIsUnknown() {
    Outcome outcome = submitPut("a");

    proposals.tick(clock.advance(Duration.ofMillis(6_999)));
    loop.runAll();
    assertThat(outcome.events).isEmpty();
    proposals.tick(clock.advance(Duration.ofMillis(1)));
    loop.runAll();

    assertThat(outcome.events)
        .containsExactly(new ProposalFailure.TimedOut(ProposalFailure.Suspicion.NONE));
    assertThat(proposals.take(idOf(0))).isEmpty();
  }

  @Test
  void command_leaderElectedMeanwhile_timeoutBlamesTheElection() {
    Outcome outcome = submitPut("a");
    clock.advance(Duration.ofSeconds(1));
    proposals.leaderChanged(Optional.of(new MemberId(9)));

    proposals.tick(clock.advance(Duration.ofSeconds(7)));
    loop.runAll();

    assertThat(outcome.events)
        .containsExactly(new ProposalFailure.TimedOut(ProposalFailure.Suspicion.LEADER_FAILURE));
  }

  @Test
  void commandRefusedWithoutLeader_leaderAppears_isProposedOnceMore() {
    submitPut("a");
    proposals.refused(tokens.getFirst(), ProposalRefusal.NO_LEADER);

    proposals.leaderChanged(Optional.of(MEMBER_5));
    proposals.tick(clock.advance(Duration.ofMillis(250)));

    assertThat(tokens).hasSize(2);
    assertThat(payloads.get(1)).isEqualTo(payloads.get(0));
  }

  @Test
  void commandRefusedWithoutLeader_nobodyIsElected_isNotDone() {
    Outcome outcome = submitPut("a");
    proposals.refused(tokens.getFirst(), ProposalRefusal.NO_LEADER);

    proposals.tick(clock.advance(Duration.ofSeconds(7)));
    loop.runAll();

    assertThat(tokens).hasSize(1);
    assertThat(outcome.events).containsExactly(new ProposalFailure.NoLeader());
  }

  /// A note about leases that is proposed again could follow the one that clears it.
  @Test
  void leaseNotes_refusedWithoutLeader_failAtOnce() {
    Outcome outcome = new Outcome();
    proposals.submit(
        LogCommand.newBuilder().setLeaseCheckpoints(LeaseCheckpoints.getDefaultInstance()),
        loop,
        outcome);

    proposals.refused(tokens.getFirst(), ProposalRefusal.TRANSFERRING);
    proposals.tick(clock.advance(Duration.ofMillis(250)));
    loop.runAll();

    assertThat(tokens).hasSize(1);
    assertThat(outcome.events).containsExactly(new ProposalFailure.NoLeader());
  }

  @Test
  void uncommittedLimitReached_refused_tooManyRequests() {
    Outcome outcome = submitPut("a");

    proposals.refused(tokens.getFirst(), ProposalRefusal.UNCOMMITTED_LIMIT);
    loop.runAll();

    assertThat(outcome.events).containsExactly(new ProposalFailure.TooManyRequests());
  }

  @Test
  void inboxOfTheLogFull_submitted_tooManyRequests() {
    inboxFull = true;

    Outcome outcome = submitPut("a");
    loop.runAll();

    assertThat(outcome.events).containsExactly(new ProposalFailure.TooManyRequests());
    assertThat(proposals.waitingCommands()).isZero();
  }

  @Test
  void boundOfWaitingCommands_reached_onlyTheReserveIsLeft() {
    proposals = proposalsWith(LIMITS.withWaiting(2));
    submitPut("a");
    submitPut("b");

    Outcome put = submitPut("c");
    submitRevoke();
    Outcome secondRevoke = submitRevoke();
    loop.runAll();

    assertThat(put.events).containsExactly(new ProposalFailure.TooManyRequests());
    assertThat(tokens).hasSize(3);
    assertThat(secondRevoke.events).containsExactly(new ProposalFailure.TooManyRequests());
  }

  @Test
  void backlogOldOrLarge_putsAreRefused_revokesPass() {
    backlog.committed(10);
    backlog.begun(clock.getAsLong());
    clock.advance(Duration.ofMillis(5_001));

    Outcome put = submitPut("a");
    Outcome revoke = submitRevoke();
    backlog.applied(10);
    backlog.idle();
    Outcome later = submitPut("b");
    loop.runAll();

    assertThat(put.events).containsExactly(new ProposalFailure.TooManyRequests());
    assertThat(revoke.events).isEmpty();
    assertThat(later.events).isEmpty();
  }

  @Test
  void commandLargerThanTheLimit_submitted_neverReachesTheLog() {
    proposals = proposalsWith(LIMITS.withRequestBytes(40));

    Outcome small = submitPut("k");
    Outcome large = submitPut("k".repeat(40));
    loop.runAll();

    assertThat(small.events).isEmpty();
    assertThat(large.events.getFirst()).isInstanceOf(ProposalFailure.RequestTooLarge.class);
    assertThat(tokens).hasSize(1);
  }

  /// What the member itself proposes is not bounded by what clients may send: it would be proposed
  /// again for ever.
  @Test
  void expiryOfManyLeases_largerThanTheLimit_reachesTheLog() {
    proposals = proposalsWith(LIMITS.withRequestBytes(40));
    LeaseExpiry.Builder expiry = LeaseExpiry.newBuilder();
    for (int i = 0; i < 100; i++) {
      expiry.addLeases(ExpiredLease.newBuilder().setId(1_000_000 + i));
    }
    Outcome outcome = new Outcome();

    proposals.submit(LogCommand.newBuilder().setLeaseExpiry(expiry), loop, outcome);
    loop.runAll();

    assertThat(outcome.events).isEmpty();
    assertThat(tokens).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({"5, 3", "-1, 9223372036854775807"})
  void largestValueOfEtcd_submitted_isTakenFromAnyProposer(long member, long bootEpoch) {
    proposals = proposalsOf(new Proposer(new MemberId(member), bootEpoch), LIMITS);

    Outcome largest = submitValue(1_572_840);
    Outcome larger = submitValue(1_572_841);
    loop.runAll();

    assertThat(largest.events).isEmpty();
    assertThat(larger.events.getFirst()).isInstanceOf(ProposalFailure.RequestTooLarge.class);
  }

  @Test
  void memberStops_openOutcomesAreUnknown_parkedOnesAreNotDone() {
    Outcome handedOver = submitPut("a");
    Outcome parked = submitPut("b");
    proposals.refused(tokens.get(1), ProposalRefusal.NO_LEADER);

    proposals.close();
    Outcome late = submitPut("c");
    loop.runAll();

    assertThat(handedOver.events).containsExactly(new ProposalFailure.StoppedAfter());
    assertThat(parked.events).containsExactly(new ProposalFailure.StoppedBefore());
    assertThat(late.events).containsExactly(new ProposalFailure.StoppedBefore());
  }

  /// A late refusal of another boot's command must not be taken for this one's.
  @Test
  void memberStartedAgain_tokensAreOthersThanBefore() {
    submitPut("a");

    proposals = proposalsOf(new Proposer(MEMBER_5, 4), LIMITS);
    submitPut("b");

    assertThat(tokens.get(1)).isGreaterThan(tokens.get(0));
  }

  /// What the log was told under the token at this place.
  private ProposalId idOf(int proposal) {
    return new ProposalId(SELF, tokens.get(proposal) - (SELF.bootEpoch() << 32));
  }

  private Proposals proposalsWith(ProposalLimits limits) {
    return proposalsOf(SELF, limits);
  }

  private Proposals proposalsOf(Proposer self, ProposalLimits limits) {
    return new Proposals(self, limits, this::propose, backlog, clock);
  }

  private boolean propose(long token, EntryKind kind, ByteString payload) {
    if (!inboxFull) {
      tokens.add(token);
      payloads.add(payload);
    }
    return !inboxFull;
  }

  private void answer(int proposal, LoopTasks tasks) {
    proposals.take(idOf(proposal)).orElseThrow().give(DONE, tasks);
  }

  private Outcome submitPut(String key) {
    return submit(
        LogCommand.newBuilder()
            .setPut(PutRequest.newBuilder().setKey(ByteString.copyFromUtf8(key))));
  }

  private Outcome submitValue(int bytes) {
    return submit(
        LogCommand.newBuilder()
            .setPut(
                PutRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("k"))
                    .setValue(ByteString.copyFrom(new byte[bytes]))));
  }

  private Outcome submitRevoke() {
    return submit(LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(7)));
  }

  private Outcome submit(LogCommand.Builder command) {
    Outcome outcome = new Outcome();
    proposals.submit(command, loop, outcome);
    return outcome;
  }

  private static final class Outcome implements Proposals.Callback {
    final List<Object> events = new ArrayList<>();

    @Override
    public void applied(ApplyResult result) {
      events.add(result);
    }

    @Override
    public void failed(ProposalFailure failure) {
      events.add(failure);
    }
  }
}
