package io.kvorum.client;

import io.grpc.SynchronizationContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A client of one cluster. Has its own connections, made when they are needed; safe to share
/// between threads.
///
/// All calls go to one endpoint, at first the first one given. When it fails, they turn to the
/// next.
public final class Client implements AutoCloseable {
  private static final int IDLE_THREAD_SECONDS = 10;

  private final Endpoints endpoints;
  private final Kv kv;
  private final Watch watch;
  private final Lease lease;

  private Client(Builder builder) {
    Executor own = builder.executor;
    Executor executor = own == null ? threadsOnDemand() : own;
    endpoints = new Endpoints(builder.endpoints, builder.maxAnswerBytes, executor);
    Resources resources = new Resources(endpoints, builder.retryPolicy, timerOnDemand(), executor);
    Calls calls = new Calls(resources, builder.callTimeout);
    kv = new Kv(calls);
    watch = new Watch(resources, turns());
    lease = new Lease(calls, resources, turns());
  }

  /// A client with the standard settings.
  ///
  /// @param endpoints `host:port` or `http://host:port`, in order of preference
  public static Client of(String... endpoints) {
    return builder(endpoints).build();
  }

  /// Like [#of], with settings to change.
  public static Builder builder(String... endpoints) {
    return new Builder(List.of(endpoints));
  }

  private static SynchronizationContext turns() {
    return new SynchronizationContext(
        (thread, error) -> thread.getUncaughtExceptionHandler().uncaughtException(thread, error));
  }

  // Threads end when they are idle, so that no task is ever refused and nothing has to be closed.

  private static Executor threadsOnDemand() {
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        IDLE_THREAD_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        daemons("kvorum-client"));
  }

  private static ScheduledThreadPoolExecutor timerOnDemand() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(1, daemons("kvorum-client-timer"));
    timer.setKeepAliveTime(IDLE_THREAD_SECONDS, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  private static ThreadFactory daemons(String name) {
    return task -> {
      Thread thread = new Thread(task, name);
      thread.setDaemon(true);
      return thread;
    };
  }

  public Kv kv() {
    return kv;
  }

  public Watch watch() {
    return watch;
  }

  public Lease lease() {
    return lease;
  }

  /// Ends watches and keep-alives and fails the calls under way. Leases are not revoked.
  @Override
  public void close() {
    watch.close();
    lease.close();
    endpoints.close();
  }

  /// The settings of a client.
  public static final class Builder {
    private final List<String> endpoints;
    private Duration callTimeout = Duration.ofSeconds(10);
    private RetryPolicy retryPolicy = RetryPolicy.STANDARD;
    private int maxAnswerBytes = 64 << 20;
    private @Nullable Executor executor;

    private Builder(List<String> endpoints) {
      this.endpoints = endpoints;
    }

    /// How long a call may take, all attempts together; 10 s unless set. A server reports after 7 s
    /// that it could not get a write done: less than that leaves more outcomes unknown.
    public Builder callTimeout(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("timeout of " + timeout);
      }
      callTimeout = timeout;
      return this;
    }

    public Builder retryPolicy(RetryPolicy policy) {
      retryPolicy = policy;
      return this;
    }

    /// The largest answer taken; 64 MiB unless set. A larger one fails its call.
    public Builder maxAnswerBytes(int bytes) {
      maxAnswerBytes = bytes;
      return this;
    }

    /// Runs completions and listeners, which may block if it has the threads; own ones on demand
    /// unless set. It must not refuse tasks while the client is open.
    public Builder executor(Executor threads) {
      executor = threads;
      return this;
    }

    public Client build() {
      return new Client(this);
    }
  }
}
