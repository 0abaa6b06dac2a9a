package io.kvorum.client;

import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Leases. Those kept alive share one stream.
public final class Lease {
  private final Calls calls;
  private final Resources resources;
  private final SynchronizationContext turns;
  private final ResumingStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream;

  /// By lease. Owned by `turns`.
  private final Map<Long, KeepAlive> kept = new LinkedHashMap<>();

  Lease(Calls calls, Resources resources, SynchronizationContext turns) {
    this.calls = calls;
    this.resources = resources;
    this.turns = turns;
    this.stream =
        new ResumingStream<>(
            resources, LeaseGrpc.getLeaseKeepAliveMethod(), new Responses(), turns);
  }

  /// Grants a lease of whole seconds, rounded up; the answer has its id and the TTL granted.
  public CompletableFuture<LeaseGrantResponse> grant(Duration ttl) {
    long seconds = ttl.plusNanos(999_999_999).toSeconds();
    return calls.write(
        LeaseGrpc.getLeaseGrantMethod(), LeaseGrantRequest.newBuilder().setTTL(seconds).build());
  }

  /// Ends a lease, and deletes the keys attached to it.
  public CompletableFuture<LeaseRevokeResponse> revoke(long id) {
    return calls.write(
        LeaseGrpc.getLeaseRevokeMethod(), LeaseRevokeRequest.newBuilder().setID(id).build());
  }

  /// The seconds left; -1 if there is no such lease.
  public CompletableFuture<LeaseTimeToLiveResponse> timeToLive(long id) {
    return timeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).build());
  }

  /// Like [#timeToLive(long)], with the keys attached.
  public CompletableFuture<LeaseTimeToLiveResponse> timeToLiveWithKeys(long id) {
    return timeToLive(LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build());
  }

  private CompletableFuture<LeaseTimeToLiveResponse> timeToLive(LeaseTimeToLiveRequest request) {
    return calls.read(LeaseGrpc.getLeaseTimeToLiveMethod(), request);
  }

  /// Keeps a lease alive. One that is kept alive already goes on under the new handle; the old one
  /// is closed.
  ///
  /// @param ttl as granted: how long to try before the first answer
  public KeepAlive keepAlive(long id, Duration ttl) {
    KeepAlive keepAlive = new KeepAlive(this, id, ttl, System.nanoTime());
    turns.execute(
        () -> {
          KeepAlive before = kept.put(id, keepAlive);
          if (before != null) {
            before.end();
          }
          if (stream.isOpen()) {
            keepAlive.ask(System.nanoTime());
          } else {
            keepAlive.streamBroken(System.nanoTime());
            stream.open();
          }
        });
    return keepAlive;
  }

  void close() {
    turns.execute(
        () -> {
          List.copyOf(kept.values()).forEach(KeepAlive::end);
          stream.close();
        });
  }

  void inTurn(Runnable task) {
    turns.execute(task);
  }

  /// Runs what may call the application.
  void tell(Runnable task) {
    resources.executor().execute(task);
  }

  ScheduledHandle schedule(Runnable task, long delayNanos) {
    return turns.schedule(task, delayNanos, TimeUnit.NANOSECONDS, resources.scheduler());
  }

  /// Asks for a renewal, if there is a stream.
  boolean send(long id) {
    stream.send(LeaseKeepAliveRequest.newBuilder().setID(id).build());
    return stream.isOpen();
  }

  void abandonStream() {
    stream.abandon();
  }

  void forget(KeepAlive keepAlive) {
    kept.remove(keepAlive.id(), keepAlive);
    stream.closeIfNotNeeded();
  }

  private final class Responses implements ResumingStream.Owner<LeaseKeepAliveResponse> {
    @Override
    public boolean needsStream() {
      return !kept.isEmpty();
    }

    @Override
    public void opened() {
      long nowNanos = System.nanoTime();
      kept.values().forEach(keepAlive -> keepAlive.ask(nowNanos));
    }

    @Override
    public void received(LeaseKeepAliveResponse response) {
      KeepAlive keepAlive = kept.get(response.getID());
      if (keepAlive != null) {
        keepAlive.answered(response.getTTL(), System.nanoTime());
      }
    }

    @Override
    public void broken() {
      long nowNanos = System.nanoTime();
      kept.values().forEach(keepAlive -> keepAlive.streamBroken(nowNanos));
    }

    @Override
    public void refused(ClientException reason) {
      Status status = reason.code().toStatus().withDescription(reason.getMessage());
      List.copyOf(kept.values()).forEach(keepAlive -> keepAlive.lose(status));
    }
  }
}
