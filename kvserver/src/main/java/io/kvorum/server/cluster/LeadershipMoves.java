package io.kvorum.server.cluster;

import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.ClusterState;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/// Hands the leadership to another member, and tells when that one leads (thesis §3.10).
///
/// Safe for any thread.
public final class LeadershipMoves {
  private final MemberId self;
  private final Raft raft;
  private final Supplier<ClusterState> cluster;
  private final Connections connections;
  private final Duration patience;
  private final AtomicLong lastToken = new AtomicLong();
  private final List<Move> open = new CopyOnWriteArrayList<>();

  /// @param patience after which a move that is asked for has failed
  public LeadershipMoves(
      MemberId self,
      Raft raft,
      Supplier<ClusterState> cluster,
      Connections connections,
      Duration patience) {
    this.self = self;
    this.raft = raft;
    this.cluster = cluster;
    this.connections = connections;
    this.patience = patience;
  }

  /// The member's Raft.
  public interface Raft {
    RaftStatus status();

    /// Asks for it; see `RaftNode`. Tokens are negative, unlike those of proposals.
    boolean transferLeadership(long token, MemberId target);
  }

  /// The end of a move.
  public enum Outcome {
    /// The target leads.
    DONE,
    /// This member does not lead, and may not ask.
    NOT_LEADER,
    /// The target is no voter of the cluster.
    BAD_TARGET,
    /// It did not happen in time; the member may still lead.
    TIMED_OUT
  }

  private record Move(MemberId target, CompletableFuture<Outcome> outcome) {}

  /// Asks for `target` to lead. Completed on any thread.
  public CompletableFuture<Outcome> moveTo(MemberId target) {
    if (raft.status().role() != RoleKind.LEADER) {
      return CompletableFuture.completedFuture(Outcome.NOT_LEADER);
    }
    if (!voters().contains(target)) {
      return CompletableFuture.completedFuture(Outcome.BAD_TARGET);
    }
    if (target.equals(self)) {
      return CompletableFuture.completedFuture(Outcome.DONE);
    }
    Move move = new Move(target, new CompletableFuture<>());
    open.add(move);
    var _ = move.outcome().whenComplete((_, _) -> open.remove(move));
    move.outcome().completeOnTimeout(Outcome.TIMED_OUT, patience.toMillis(), TimeUnit.MILLISECONDS);
    if (!raft.transferLeadership(lastToken.decrementAndGet(), target)) {
      move.outcome().complete(Outcome.TIMED_OUT);
    }
    statusChanged(raft.status());
    return move.outcome();
  }

  /// Told by the thread `raft`.
  public void statusChanged(RaftStatus status) {
    for (Move move : open) {
      if (status.leader().equals(Optional.of(move.target()))) {
        move.outcome().complete(Outcome.DONE);
      }
    }
  }

  /// The voter that a leader should hand over to when it stops: the one that has been connected for
  /// longest; empty if this member does not lead, or is alone.
  public Optional<MemberId> successor() {
    if (raft.status().role() != RoleKind.LEADER) {
      return Optional.empty();
    }
    return voters().stream()
        .filter(member -> connections.upTime(member).isPresent())
        .max(
            (a, b) ->
                connections
                    .upTime(a)
                    .orElse(Duration.ZERO)
                    .compareTo(connections.upTime(b).orElse(Duration.ZERO)));
  }

  private List<MemberId> voters() {
    return List.copyOf(ClusterState.votersOf(cluster.get().membership().getMembersList()).voters());
  }
}
