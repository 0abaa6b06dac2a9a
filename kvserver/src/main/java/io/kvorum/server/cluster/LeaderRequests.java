package io.kvorum.server.cluster;

import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.propose.LoopTasks;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// Requests that only the leader can answer, and that do no harm when they are made twice.
///
/// ```
/// start --> asked --answered, failed--> done
///            ^ |                         ^
///       tick | | no leader, no answer    | request timeout, stop
///            | v                         |
///           PARKED ----------------------+
/// ```
///
/// So a client does not notice an election that ends within its request's time. One attempt is
/// under way at a time.
///
/// Safe for any thread. A request belongs to its event loop once it is asked.
public final class LeaderRequests implements AutoCloseable {
  private final Supplier<RaftStatus> status;
  private final Limits limits;
  private final LongSupplier nanoClock;
  private final Set<Request<?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean isClosed;

  /// @param status the member's, as last published by its Raft node
  public LeaderRequests(Supplier<RaftStatus> status, Limits limits, LongSupplier nanoClock) {
    this.status = status;
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /// How long and how many.
  ///
  /// @param requestTimeout after which a request fails
  /// @param attemptTimeout how long one member is waited for; longer than it takes to revoke a
  ///   lease whose time is up
  /// @param open requests under way; more fail with [LeaseFailure#TOO_MANY_REQUESTS]
  public record Limits(Duration requestTimeout, Duration attemptTimeout, int open) {
    /// The defaults for this request timeout: a third of it for an attempt, 64 Ki requests.
    public static Limits of(Duration requestTimeout) {
      return new Limits(requestTimeout, requestTimeout.dividedBy(3), 64 << 10);
    }
  }

  /// How a request is asked. One method of the attempt follows, on the loop.
  interface Route<T> {
    /// This member leads.
    void askHere(Executor loop, Attempt<T> attempt);

    void askPeer(MemberId leader, Executor loop, Attempt<T> attempt);
  }

  /// Receives what became of an attempt.
  interface Attempt<T> {
    void answered(T answer);

    /// Nobody answered as the leader: to be asked again.
    void again();

    void failed(LeaseFailure failure);
  }

  Limits limits() {
    return limits;
  }

  /// Starts a request. Any thread; returns without waiting.
  <T> void start(Route<T> route, Executor loop, Lessor.Callback<T> callback) {
    if (open.size() >= limits.open()) {
      loop.execute(() -> callback.failed(LeaseFailure.TOO_MANY_REQUESTS));
      return;
    }
    Request<T> request = new Request<>(route, loop, callback, nanoClock.getAsLong());
    open.add(request);
    request.ask();
    if (isClosed) {
      loop.execute(() -> request.failed(LeaseFailure.STOPPED));
    }
  }

  /// Asks again what is parked, and fails what has waited for the request timeout. Called a few
  /// times per second.
  public void tick(long nowNanos) {
    LoopTasks tasks = new LoopTasks();
    for (Request<?> request : open) {
      if (nowNanos - request.startedNanos >= limits.requestTimeout().toNanos()) {
        tasks.add(request.loop, request::expire);
      } else if (request.isParked) {
        tasks.add(request.loop, request::ask);
      }
    }
    tasks.dispatch();
  }

  /// Fails everything that waits, and everything that is started from now on.
  @Override
  public void close() {
    isClosed = true;
    LoopTasks tasks = new LoopTasks();
    open.forEach(request -> tasks.add(request.loop, () -> request.failed(LeaseFailure.STOPPED)));
    tasks.dispatch();
  }

  private final class Request<T> implements Attempt<T> {
    final Executor loop;
    final long startedNanos;
    volatile boolean isParked = true;
    private final Route<T> route;
    private final Lessor.Callback<T> callback;
    private boolean isDone;

    Request(Route<T> route, Executor loop, Lessor.Callback<T> callback, long startedNanos) {
      this.route = route;
      this.loop = loop;
      this.callback = callback;
      this.startedNanos = startedNanos;
    }

    void ask() {
      if (isDone || !isParked) {
        return;
      }
      isParked = false;
      RaftStatus now = status.get();
      if (now.role() == RoleKind.LEADER) {
        route.askHere(loop, this);
      } else {
        now.leader().ifPresentOrElse(leader -> route.askPeer(leader, loop, this), this::again);
      }
    }

    @Override
    public void again() {
      isParked = true;
    }

    @Override
    public void answered(T answer) {
      if (end()) {
        callback.answered(answer);
      }
    }

    @Override
    public void failed(LeaseFailure failure) {
      if (end()) {
        callback.failed(failure);
      }
    }

    void expire() {
      boolean knowsLeader = status.get().leader().isPresent();
      failed(knowsLeader ? LeaseFailure.TIMED_OUT : LeaseFailure.NO_LEADER);
    }

    private boolean end() {
      boolean isFirst = !isDone;
      isDone = true;
      open.remove(this);
      return isFirst;
    }
  }
}
