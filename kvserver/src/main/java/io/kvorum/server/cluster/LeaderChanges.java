package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.cluster.PeerAnswer.Change.Obstacle;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.ProgramOutdated;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/// Lets changes of the membership into the log, on the leader: only it knows how far the others
/// are.
///
/// Raft tells a refusal, and nothing about a change that it has taken. So a peer that asked is told
/// of a refusal when it comes, and otherwise, a tick later, that none is known.
///
/// Safe for any thread.
public final class LeaderChanges {
  private final Raft raft;
  private final Map<Long, Asked> asked = new ConcurrentHashMap<>();
  private final AtomicLong lastToken = new AtomicLong(Long.MIN_VALUE);
  private final AtomicLong ticks = new AtomicLong();

  public LeaderChanges(Raft raft) {
    this.raft = raft;
  }

  /// The member's Raft; see `RaftNode`.
  public interface Raft {
    RaftStatus status();

    Map<MemberId, Long> matchedIndexes();

    boolean proposeChange(long token, ConfigChange change, ByteString payload);
  }

  /// A peer's change.
  ///
  /// @param untilTick tells then that no refusal has come
  private record Asked(
      long untilTick, Executor replies, PeerHandler.Reply<PeerAnswer.Change> reply) {
    void answer(Obstacle obstacle) {
      replies.execute(() -> reply.answer(new PeerAnswer.Change(obstacle)));
    }
  }

  /// Why this leader must not let the change into its log; empty if it may.
  Optional<MembershipRefusal> refusal(ByteString command) {
    return Reconfiguration.ofLeader(changeOf(command), raft.status(), raft.matchedIndexes());
  }

  /// Proposes a change of this member's own; a refusal comes under `token`.
  ///
  /// @return false if too much waits already: it is certainly not done
  boolean propose(long token, ByteString command) {
    return raft.proposeChange(token, configChange(changeOf(command)), command);
  }

  /// Proposes a peer's change.
  void propose(ByteString command, Executor replies, PeerHandler.Reply<PeerAnswer.Change> reply) {
    if (raft.status().role() != RoleKind.LEADER) {
      replies.execute(() -> reply.refuse(Refusal.NOT_LEADER));
      return;
    }
    if (!isChange(command)) {
      replies.execute(() -> reply.refuse(Refusal.UNSUPPORTED));
      return;
    }
    Asked change = new Asked(ticks.get() + 2, replies, reply);
    if (refusal(command).isPresent()) {
      change.answer(Obstacle.LEARNER_NOT_READY);
      return;
    }
    long token = lastToken.incrementAndGet();
    asked.put(token, change);
    if (!propose(token, command) && asked.remove(token) != null) {
      replies.execute(() -> reply.refuse(Refusal.OVERLOADED));
    }
  }

  /// Takes a refusal under a token of a peer's change. Called by the thread `raft`.
  ///
  /// @return false if the token is not one
  public boolean refused(long token, ProposalRefusal refusal) {
    Asked change = asked.remove(token);
    if (change == null) {
      return false;
    }
    switch (refusal) {
      case NO_LEADER, NOT_LEADER, STOPPED ->
          change.replies().execute(() -> change.reply().refuse(Refusal.NOT_LEADER));
      case CHANGE_PENDING, TRANSFERRING, UNCOMMITTED_LIMIT -> change.answer(Obstacle.FOR_NOW);
      case CHANGE_ILLEGAL, TRANSFER_TARGET -> change.answer(Obstacle.ILLEGAL);
    }
    return true;
  }

  /// Called a few times per second.
  void tick() {
    long now = ticks.incrementAndGet();
    asked.forEach(
        (token, change) -> {
          if (now >= change.untilTick() && asked.remove(token, change)) {
            change.answer(Obstacle.NONE);
          }
        });
  }

  /// A peer of a later version may ask for what this one does not know; and nobody may ask for a
  /// member to be left alone.
  private static boolean isChange(ByteString command) {
    try {
      return switch (changeOf(command).getChangeCase()) {
        case ADDED, REMOVED, PROMOTED -> true;
        case ALONE, CHANGE_NOT_SET -> false;
      };
    } catch (InvariantViolation | ProgramOutdated e) {
      return false;
    }
  }

  private static MemberChange changeOf(ByteString command) {
    return CommandCodec.decode(command).getMemberChange();
  }

  /// What a change means to Raft: one member at a time, so it takes effect directly (raft.md M4).
  private static ConfigChange configChange(MemberChange change) {
    Step step =
        switch (change.getChangeCase()) {
          case ADDED -> {
            MemberId member = new MemberId(change.getAdded().getId());
            yield change.getAdded().getLearner()
                ? new Step.AddLearner(member)
                : new Step.AddVoter(member);
          }
          case REMOVED -> new Step.Remove(new MemberId(change.getRemoved()));
          case PROMOTED -> new Step.AddVoter(new MemberId(change.getPromoted()));
          case ALONE, CHANGE_NOT_SET ->
              throw new IllegalArgumentException("not to be proposed: " + change.getChangeCase());
        };
    return new ConfigChange.Alter(List.of(step), Transition.AUTOMATIC);
  }
}
