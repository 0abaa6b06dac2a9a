package io.kvorum.server.propose;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.command.ProposalId;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The commands of this member that wait for their outcome.
///
/// ```
/// submit --accepted--> HANDED_OVER --applied--> answered (done)
///    |                   |  ^  |--timeout, stop--> failed (unknown)
///    |          no leader|  |leader known
///    |                   v  |
///    |                  PARKED --timeout, stop--> failed (not done)
///    |--bound reached, too large, stopped--> failed (not done)
/// ```
///
/// A command is proposed again only after a refusal, which says that no log has it (raft.md B4),
/// and not at all if what it says may be outdated by then ([Patience]). A callback always runs on
/// its loop, never inside [#submit].
///
/// Safe for any thread; who removes a command from the map owns its outcome.
public final class Proposals implements AutoCloseable {
  /// What etcd's stamp on a command counts against the limit of requests. Ours is longer and grows
  /// with the member's life, which must not change what a client may send.
  private static final int ETCD_STAMP_BYTES = 12;

  private static final int BOOT_EPOCH_SHIFT = 32;

  private final ProposalId.Proposer self;
  private final ProposalLimits limits;
  private final ProposalLog log;
  private final ApplyBacklog backlog;
  private final LongSupplier nanoClock;
  private final LeaderHistory leaders;

  /// By the token under which the log was asked.
  private final Map<Long, Waiting> waiting = new ConcurrentHashMap<>();

  private final AtomicLong lastSequence = new AtomicLong();
  private final AtomicLong waitingBytes = new AtomicLong();
  private volatile boolean closed;

  public Proposals(
      ProposalId.Proposer self,
      ProposalLimits limits,
      ProposalLog log,
      ApplyBacklog backlog,
      LongSupplier nanoClock) {
    this.self = self;
    this.limits = limits;
    this.log = log;
    this.backlog = backlog;
    this.nanoClock = nanoClock;
    this.leaders = new LeaderHistory(limits.leaderLossWindow(), nanoClock.getAsLong());
  }

  /// Receives the one outcome of a proposal, on the event loop that was named with it.
  public interface Callback {
    /// The command was applied on this member; readers of this member see its effect.
    void applied(ApplyResult result);

    /// No answer came from the log. The failure says whether the effect is excluded or possible.
    void failed(ProposalFailure failure);
  }

  /// The right to answer a command that was applied.
  public interface Answer {
    /// Adds the answer to `tasks`.
    void give(ApplyResult result, LoopTasks tasks);
  }

  /// Proposes a validated command. May be called by any thread; returns without waiting.
  public void submit(LogCommand.Builder command, Executor loop, Callback callback) {
    long nowNanos = nanoClock.getAsLong();
    Priority priority = Priority.of(command.getCommandCase());
    if (closed) {
      refuse(loop, callback, new ProposalFailure.StoppedBefore());
      return;
    }
    if (isOverloaded(priority, nowNanos)) {
      refuse(loop, callback, new ProposalFailure.TooManyRequests());
      return;
    }
    long sequence = lastSequence.incrementAndGet();
    ProposalId id = new ProposalId(self, sequence);
    ByteString payload = CommandCodec.encode(command, id);
    int countedBytes = payload.size() - CommandCodec.stampBytes(id) + ETCD_STAMP_BYTES;
    if (priority == Priority.ORDINARY && countedBytes > limits.requestBytes()) {
      refuse(loop, callback, new ProposalFailure.RequestTooLarge(payload.size()));
      return;
    }
    if (waitingBytes.get() + payload.size()
        > ProposalLimits.bound(limits.waitingBytes(), priority)) {
      refuse(loop, callback, new ProposalFailure.TooManyRequests());
      return;
    }
    EntryKind kind = command.hasMemberChange() ? EntryKind.CONFIGURATION : EntryKind.NORMAL;
    Patience patience = Patience.of(command.getCommandCase());
    add(tokenOf(sequence), new Waiting(kind, patience, payload, nowNanos, loop, callback));
  }

  /// Another one than in any boot before: a refusal that comes late must not be taken for that of a
  /// newer command.
  private long tokenOf(long sequence) {
    return (self.bootEpoch() << BOOT_EPOCH_SHIFT) + sequence;
  }

  /// Whether this member still waits for the command's result; only then is an answer worth
  /// building.
  public boolean isAwaited(ProposalId id) {
    return id.proposer().equals(self) && waiting.containsKey(tokenOf(id.sequence()));
  }

  /// Takes the right to answer the command, if it is this member's and still waited for.
  public Optional<Answer> take(ProposalId id) {
    return id.proposer().equals(self)
        ? Optional.ofNullable(remove(tokenOf(id.sequence())))
        : Optional.empty();
  }

  /// Encoded bytes of all waiting commands.
  public long waitingBytes() {
    return waitingBytes.get();
  }

  /// How many commands wait.
  public int waitingCommands() {
    return waiting.size();
  }

  /// No log has this proposal. If it only came too early (no leader, an unfinished change of the
  /// membership) the command waits, else it fails. Called by the thread `raft`.
  public void refused(long token, ProposalRefusal refusal) {
    switch (refusal) {
      case NO_LEADER, NOT_LEADER, TRANSFERRING, CHANGE_PENDING -> park(token);
      case UNCOMMITTED_LIMIT, TRANSFER_TARGET -> fail(token, new ProposalFailure.TooManyRequests());
      case CHANGE_ILLEGAL ->
          fail(token, new ProposalFailure.ChangeRefused(MembershipRefusal.NOT_ENOUGH_STARTED));
      case STOPPED -> fail(token, new ProposalFailure.StoppedBefore());
    }
  }

  private void park(long token) {
    Waiting early = waiting.get(token);
    if (early == null) {
      return;
    }
    if (early.patience == Patience.PARKED) {
      early.park();
    } else {
      fail(token, new ProposalFailure.NoLeader());
    }
  }

  /// No log has this proposal, and it is not worth another try.
  public void failed(long token, ProposalFailure.NotDone failure) {
    fail(token, failure);
  }

  private void fail(long token, ProposalFailure failure) {
    Waiting refused = remove(token);
    if (refused != null) {
      LoopTasks tasks = new LoopTasks();
      refused.fail(failure, tasks);
      tasks.dispatch();
    }
  }

  /// Who leads has changed: parked commands are proposed to the new leader.
  public void leaderChanged(Optional<MemberId> leader) {
    if (leaders.changedTo(leader, nanoClock.getAsLong())) {
      proposeParked();
    }
  }

  /// Fails what has waited longer than the request timeout and proposes parked commands again.
  /// Called a few times per second.
  public void tick(long nowNanos) {
    long timeoutNanos = limits.requestTimeout().toNanos();
    LoopTasks tasks = new LoopTasks();
    waiting.forEach(
        (token, command) -> {
          if (nowNanos - command.submittedNanos >= timeoutNanos) {
            Waiting late = remove(token);
            if (late != null) {
              late.fail(timeoutOf(late), tasks);
            }
          }
        });
    tasks.dispatch();
    if (leaders.hasLeader()) {
      proposeParked();
    }
  }

  /// A snapshot has taken the place of entries that will not be applied here one by one, and may
  /// contain the effect of any command that is in a log. Called by the thread `apply`.
  public void overtaken() {
    LoopTasks tasks = new LoopTasks();
    waiting.forEach(
        (token, command) -> {
          Waiting overtaken =
              switch (command.progress()) {
                case HANDED_OVER -> remove(token);
                case PARKED -> null;
              };
          if (overtaken != null) {
            overtaken.fail(new ProposalFailure.Overtaken(), tasks);
          }
        });
    tasks.dispatch();
  }

  /// Fails everything that waits, and everything submitted from now on.
  @Override
  public void close() {
    closed = true;
    LoopTasks tasks = new LoopTasks();
    waiting.forEach((token, _) -> stop(token, tasks));
    tasks.dispatch();
  }

  private boolean isOverloaded(Priority priority, long nowNanos) {
    return waiting.size() >= ProposalLimits.bound(limits.waiting(), priority)
        || backlog.bytes() > ProposalLimits.bound(limits.backlogBytes(), priority)
        || backlog.ageNanos(nowNanos)
            > ProposalLimits.bound(limits.backlogAge().toNanos(), priority);
  }

  private void add(long token, Waiting command) {
    waitingBytes.addAndGet(command.payload.size());
    waiting.put(token, command);
    if (!log.propose(token, command.kind, command.payload)) {
      fail(token, new ProposalFailure.TooManyRequests());
    }
    if (closed) {
      LoopTasks tasks = new LoopTasks();
      stop(token, tasks);
      tasks.dispatch();
    }
  }

  private void proposeParked() {
    waiting.forEach(
        (token, command) -> {
          if (command.leaveParked() && !log.propose(token, command.kind, command.payload)) {
            command.park();
          }
        });
  }

  private void stop(long token, LoopTasks tasks) {
    Waiting stopped = remove(token);
    if (stopped != null) {
      stopped.fail(
          switch (stopped.progress()) {
            case HANDED_OVER -> new ProposalFailure.StoppedAfter();
            case PARKED -> new ProposalFailure.StoppedBefore();
          },
          tasks);
    }
  }

  private ProposalFailure timeoutOf(Waiting late) {
    return switch (late.progress()) {
      case PARKED -> new ProposalFailure.NoLeader();
      case HANDED_OVER ->
          new ProposalFailure.TimedOut(
              leaders.electionAround(late.submittedNanos)
                  ? ProposalFailure.Suspicion.LEADER_FAILURE
                  : ProposalFailure.Suspicion.NONE);
    };
  }

  private @Nullable Waiting remove(long token) {
    Waiting removed = waiting.remove(token);
    if (removed != null) {
      waitingBytes.addAndGet(-removed.payload.size());
    }
    return removed;
  }

  private static void refuse(Executor loop, Callback callback, ProposalFailure failure) {
    loop.execute(() -> callback.failed(failure));
  }
}
