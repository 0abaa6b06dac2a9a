package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.Applier;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.read.LinearizableReads;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What this member asks of the leader, and what it answers, as the leader or as itself.
///
/// Safe for any thread.
public final class LeaderSide implements AutoCloseable {
  private final PeerCalls calls;
  private final LeaderRequests requests;
  private final LeaderLessor lessor;
  private final LeaderChanges leaderChanges;
  private final ChangeRoute changes;

  /// What the answers are made of.
  ///
  /// @param status as last published by the Raft node
  /// @param revision the store's newest
  /// @param facts of this member
  public record Parts(
      Supplier<RaftStatus> status,
      Applier applier,
      LinearizableReads reads,
      LongSupplier revision,
      LeaderChanges.Raft raft,
      Proposals proposals,
      CallAnswers.OwnFacts facts) {}

  /// @param firstToken must be above every token of earlier boots
  public LeaderSide(
      Parts parts,
      PeerCalls.Transport peers,
      long firstToken,
      Duration requestTimeout,
      LongSupplier nanoClock) {
    LeadershipProof proof = new LeadershipProof(parts.status(), parts.reads()::whenReady);
    ProvenLessor leader = new ProvenLessor(parts.applier().lessor(), proof);
    this.leaderChanges = new LeaderChanges(parts.raft());
    this.calls =
        new PeerCalls(
            firstToken,
            peers,
            new CallAnswers(leader, leaderChanges, parts.facts()),
            CallLimits.STANDARD,
            nanoClock);
    this.requests =
        new LeaderRequests(parts.status(), LeaderRequests.Limits.of(requestTimeout), nanoClock);
    this.lessor =
        new LeaderLessor(
            requests,
            new LeaderLessor.Sources(
                leader, parts.applier().attachedKeys(), parts.reads()::whenReady, parts.revision()),
            calls);
    this.changes =
        new ChangeRoute(parts.status(), leaderChanges, calls, parts.proposals(), requestTimeout);
  }

  /// The way of questions to the other members.
  public PeerCalls calls() {
    return calls;
  }

  /// The way of membership changes to the leader.
  public ChangeRoute changes() {
    return changes;
  }

  /// Takes Raft's refusal of a proposal.
  ///
  /// @return false if it is not a peer's
  public boolean refused(long token, ProposalRefusal refusal) {
    return leaderChanges.refused(token, refusal);
  }

  /// Answers lease requests, wherever the leader is.
  public Lessor lessor() {
    return lessor;
  }

  /// Takes the note of a peer.
  public void noted(MemberId from, ByteString note) {
    calls.noted(from, note);
  }

  /// What was under way to the peer, or from it, may be lost.
  public void connectionLost(MemberId peer) {
    calls.connectionLost(peer);
  }

  /// Looks at the clock. Called a few times per second.
  public void tick(long nowNanos) {
    leaderChanges.tick();
    calls.tick(nowNanos);
    requests.tick(nowNanos);
  }

  /// Fails everything that waits, and everything that arrives from now on.
  @Override
  public void close() {
    requests.close();
    calls.close();
  }
}
