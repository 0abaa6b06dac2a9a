package io.kvorum.client;

import io.grpc.Status;
import io.kvorum.client.ClientException.Outcome;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// One watch, until it is closed or fails. Owned by the turns of [Watch], but for the listener,
/// which is called on the executor.
///
/// What the listener has not taken yet is bounded by [#BUFFER_BYTES] plus one response. At the
/// bound the watcher is put aside: the server forgets it, and it is created again, at the revision
/// after the last one buffered, when the buffer is empty. Others on the stream are not held up.
public final class Watcher implements AutoCloseable {
  /// Enough for two responses of the size at which servers split them.
  static final int BUFFER_BYTES = 4 << 20;

  /// What a call of the listener takes besides its events, roughly.
  private static final int CALL_BYTES = 256;

  private final Watch watch;
  private final Executor executor;
  private final WatchSpec spec;
  private final WatchListener listener;
  private final CompletableFuture<Long> created = new CompletableFuture<>();

  /// The first revision not seen yet; 0 while the server has not said what "now" is.
  private long nextRevision;

  private long id;

  /// The events of a revision of which more may follow in the next fragment.
  private final List<Event> unfinished = new ArrayList<>();

  private List<Delivery> waiting = new ArrayList<>();
  private long bufferedBytes;
  private boolean delivering;
  private boolean putAside;

  private volatile boolean closed;

  Watcher(Watch watch, Executor executor, WatchSpec spec, WatchListener listener) {
    this.watch = watch;
    this.executor = executor;
    this.spec = spec;
    this.listener = listener;
    this.nextRevision = spec.request().getStartRevision();
  }

  private record Delivery(Runnable call, long bytes) {}

  /// Completes with the server's revision at the first creation: a watch without a start revision
  /// sees every change after it. Fails with what [WatchListener#onError] is told.
  public CompletableFuture<Long> created() {
    return created.copy();
  }

  /// Ends the watch. At most the call of the listener that runs now is finished.
  @Override
  public void close() {
    closed = true;
    watch.inTurn(this::end);
  }

  void end() {
    closed = true;
    watch.forget(this);
    executor.execute(() -> created.cancel(false));
  }

  WatchCreateRequest createRequest() {
    return spec.request().toBuilder().setStartRevision(nextRevision).build();
  }

  long id() {
    return id;
  }

  boolean isPutAside() {
    return putAside;
  }

  void created(long newId, long revision) {
    id = newId;
    if (nextRevision == 0) {
      nextRevision = revision + 1;
    }
    executor.execute(() -> created.complete(revision));
  }

  /// Takes events. Of a fragment, the last revision is kept until the next: it may go on there.
  void received(WatchResponse response) {
    List<Event> events = new ArrayList<>(unfinished);
    events.addAll(response.getEventsList());
    unfinished.clear();
    int whole = response.getFragment() ? wholeRevisions(events) : events.size();
    unfinished.addAll(events.subList(whole, events.size()));
    if (whole > 0) {
      List<Event> ready = List.copyOf(events.subList(0, whole));
      nextRevision = revisionOf(ready, whole - 1) + 1;
      offer(() -> listener.onEvents(ready), bytes(ready));
    }
  }

  /// How many of the events belong to revisions before the last.
  private static int wholeRevisions(List<Event> events) {
    int whole = events.size();
    long last = revisionOf(events, whole - 1);
    while (whole > 0 && revisionOf(events, whole - 1) == last) {
      whole--;
    }
    return whole;
  }

  private static long revisionOf(List<Event> events, int index) {
    return events.get(index).getKv().getModRevision();
  }

  private static long bytes(List<Event> events) {
    return events.stream().mapToLong(Event::getSerializedSize).sum();
  }

  void progressed(long revision) {
    nextRevision = Math.max(nextRevision, revision + 1);
    offer(() -> listener.onProgress(revision), 0);
  }

  void disconnected() {
    unfinished.clear();
  }

  /// Ends the watch and, after what is waiting, tells the listener why.
  void fail(ClientException reason) {
    if (closed) {
      return;
    }
    watch.forget(this);
    putAside = true;
    waiting.add(
        new Delivery(
            () -> {
              closed = true;
              created.completeExceptionally(reason);
              listener.onError(reason);
            },
            0));
    deliver();
  }

  private void offer(Runnable call, long eventBytes) {
    long bytes = eventBytes + CALL_BYTES;
    waiting.add(new Delivery(call, bytes));
    bufferedBytes += bytes;
    if (bufferedBytes >= BUFFER_BYTES && !putAside) {
      putAside = true;
      unfinished.clear();
      watch.putAside(this);
    }
    deliver();
  }

  private void deliver() {
    if (delivering || waiting.isEmpty()) {
      return;
    }
    List<Delivery> batch = waiting;
    waiting = new ArrayList<>();
    delivering = true;
    executor.execute(() -> run(batch));
  }

  private void run(List<Delivery> batch) {
    try {
      for (Delivery delivery : batch) {
        if (!closed) {
          delivery.call().run();
        }
      }
    } catch (RuntimeException e) {
      ClientException reason =
          new ClientException(
              Outcome.NOT_DONE,
              Status.CANCELLED.withDescription("the listener failed").withCause(e));
      watch.inTurn(() -> failed(reason));
    }
    watch.inTurn(() -> delivered(batch));
  }

  private void failed(ClientException reason) {
    waiting.clear();
    fail(reason);
  }

  private void delivered(List<Delivery> batch) {
    delivering = false;
    bufferedBytes -= batch.stream().mapToLong(Delivery::bytes).sum();
    if (waiting.isEmpty() && putAside && !closed) {
      putAside = false;
      watch.create(this);
    }
    deliver();
  }
}
