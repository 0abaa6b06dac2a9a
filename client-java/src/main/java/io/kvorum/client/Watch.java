package io.kvorum.client;

import io.grpc.Status;
import io.grpc.SynchronizationContext;
import io.kvorum.client.ClientException.Outcome;
import io.kvorum.proto.etcd.WatchCancelRequest;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.etcd.WatchProgressRequest;
import io.kvorum.proto.etcd.WatchRequest;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Watches, all on one stream. When it breaks, each is created again at the revision after the last
/// it has seen, so that its listener misses nothing and sees nothing twice.
public final class Watch {
  private final Resources resources;
  private final SynchronizationContext turns;
  private final ResumingStream<WatchRequest, WatchResponse> stream;

  // Owned by `turns`.
  private final Set<Watcher> watchers = new LinkedHashSet<>();

  /// Those whose creation was asked for on this stream; the server answers in that order.
  private final Deque<Watcher> creating = new ArrayDeque<>();

  private final Map<Long, Watcher> byId = new HashMap<>();

  Watch(Resources resources, SynchronizationContext turns) {
    this.resources = resources;
    this.turns = turns;
    this.stream =
        new ResumingStream<>(resources, WatchGrpc.getWatchMethod(), new Responses(), turns);
  }

  /// Begins to watch. A watch without a revision begins when [Watcher#created] says so.
  public Watcher watch(WatchSpec spec, WatchListener listener) {
    Watcher watcher = new Watcher(this, resources.executor(), spec, listener);
    turns.execute(
        () -> {
          watchers.add(watcher);
          if (stream.isOpen()) {
            create(watcher);
          } else {
            stream.open();
          }
        });
    return watcher;
  }

  /// Asks the server to report progress to every watch, which it does if all have caught up, and
  /// not otherwise: ask again after a while.
  public void requestProgress() {
    WatchRequest request =
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build();
    turns.execute(() -> stream.send(request));
  }

  void close() {
    turns.execute(
        () -> {
          List.copyOf(watchers).forEach(Watcher::end);
          stream.close();
        });
  }

  /// Runs something that touches a watcher's state.
  void inTurn(Runnable task) {
    turns.execute(task);
  }

  /// Asks the server for the watcher, from the revision that it needs next.
  void create(Watcher watcher) {
    if (stream.isOpen()) {
      creating.add(watcher);
      stream.send(WatchRequest.newBuilder().setCreateRequest(watcher.createRequest()).build());
    }
  }

  /// Lets the server forget the watcher; what still arrives for it is not read.
  void putAside(Watcher watcher) {
    if (byId.values().remove(watcher)) {
      cancel(watcher.id());
    }
  }

  void forget(Watcher watcher) {
    watchers.remove(watcher);
    putAside(watcher);
    stream.closeIfNotNeeded();
    if (!stream.isOpen()) {
      forgetStream();
    }
  }

  private void cancel(long id) {
    stream.send(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
  }

  private void forgetStream() {
    creating.clear();
    byId.clear();
  }

  private final class Responses implements ResumingStream.Owner<WatchResponse> {
    @Override
    public boolean needsStream() {
      return !watchers.isEmpty();
    }

    @Override
    public void opened() {
      for (Watcher watcher : watchers) {
        if (!watcher.isPutAside()) {
          create(watcher);
        }
      }
    }

    @Override
    public void received(WatchResponse response) {
      if (response.getCreated()) {
        created(response);
      } else if (response.getWatchId() == -1) {
        long revision = response.getHeader().getRevision();
        List.copyOf(byId.values()).forEach(watcher -> watcher.progressed(revision));
      } else {
        Watcher watcher = byId.get(response.getWatchId());
        if (watcher == null) {
          return; // put aside or closed while this was under way
        }
        if (response.getCanceled()) {
          canceled(watcher, response);
        } else if (response.getEventsCount() == 0) {
          watcher.progressed(response.getHeader().getRevision());
        } else {
          watcher.received(response);
        }
      }
    }

    private void created(WatchResponse response) {
      Watcher watcher = creating.poll();
      if (watcher == null) {
        return;
      }
      if (response.getCanceled()) {
        watcher.fail(refusal(response));
      } else if (!watchers.contains(watcher)) {
        cancel(response.getWatchId());
      } else {
        byId.put(response.getWatchId(), watcher);
        watcher.created(response.getWatchId(), response.getHeader().getRevision());
      }
    }

    /// The server keeps the id of a watcher that met a compaction until it is told to forget it,
    /// which `fail` does.
    private void canceled(Watcher watcher, WatchResponse response) {
      watcher.fail(
          response.getCompactRevision() == 0
              ? refusal(response)
              : new CompactedException(response.getCompactRevision()));
    }

    private ClientException refusal(WatchResponse response) {
      return new ClientException(
          Outcome.NOT_DONE, Status.CANCELLED.withDescription(response.getCancelReason()));
    }

    @Override
    public void broken() {
      forgetStream();
      watchers.forEach(Watcher::disconnected);
    }

    @Override
    public void refused(ClientException reason) {
      forgetStream();
      new ArrayList<>(watchers).forEach(watcher -> watcher.fail(reason));
    }
  }
}
