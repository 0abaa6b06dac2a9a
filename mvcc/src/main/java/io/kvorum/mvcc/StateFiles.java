package io.kvorum.mvcc;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.kvorum.mvcc.PurgeQueue.Slice;
import io.kvorum.mvcc.rocks.Family;
import io.kvorum.mvcc.rocks.KeyLayout;
import io.kvorum.mvcc.rocks.RowCursor;
import io.kvorum.mvcc.rocks.StateDb;
import io.kvorum.mvcc.rocks.StateRecord;
import io.kvorum.mvcc.rocks.StoredRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Looks after the files behind the applier's back: flushes, drops dead history, purges dead
/// tombstones (mvcc.md §11). All fields but the listeners are owned by the thread `state-files`.
///
/// Every step may be late, partial or repeated. The one order that matters: history is dropped only
/// after a flush has made the compacted revision durable that declares it dead. Each task works on
/// the database that is in force when it begins, and keeps it open; what it finds out stays true of
/// one that is installed meanwhile, because that one is later in the same log and durable.
final class StateFiles implements AutoCloseable {
  private static final int PURGE_SLICE_KEYS = 1000;
  private static final byte[] FIRST = {};

  private final Supplier<Pin> newest;
  private final PurgeQueue purges;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("state-files").daemon(true).factory());
  private final List<LongConsumer> durableListeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean flushRequested = new AtomicBoolean();
  private volatile Consumer<Throwable> onFailure = _ -> {};
  private volatile @Nullable Throwable failure;
  private volatile long durableIndex;
  private long purgedBelow;
  // Purges run one after the other; this one is never failed.
  private CompletableFuture<Void> purging = CompletableFuture.completedFuture(null);

  /// @param newest the published state, retained for the caller
  /// @param durableIndex what the store holds as it is opened
  StateFiles(PurgeQueue purges, Supplier<Pin> newest, long durableIndex) {
    this.purges = purges;
    this.newest = newest;
    this.durableIndex = durableIndex;
  }

  void onDurable(LongConsumer listener) {
    durableListeners.add(listener);
  }

  void onFailure(Consumer<Throwable> listener) {
    onFailure = listener;
    Throwable earlier = failure;
    if (earlier != null) {
      listener.accept(earlier);
    }
  }

  /// The first failure of a background task, or `null`.
  @Nullable Throwable failure() {
    return failure;
  }

  long durableIndex() {
    return durableIndex;
  }

  /// Flushes soon; requests made meanwhile are one.
  void requestFlush() {
    if (flushRequested.compareAndSet(false, true)) {
      thread.execute(
          () -> {
            flushRequested.set(false);
            attempt(this::flushNow, new CompletableFuture<>());
          });
    }
  }

  CompletableFuture<Void> flush() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    thread.execute(
        () ->
            attempt(
                () -> {
                  flushNow();
                  done.complete(null);
                },
                done));
    return done;
  }

  /// Drops history below the compacted revision by whole files and purges tombstones below it.
  CompletableFuture<Void> compact() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    thread.execute(() -> attempt(() -> compactNow(done), done));
    return done;
  }

  /// Rewrites all files, so that what is dead takes no space. May take minutes.
  CompletableFuture<Void> rewrite() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    thread.execute(
        () ->
            attempt(
                () -> {
                  onNewest((db, state) -> db.rewriteFiles(flush(db, state).compacted()));
                  done.complete(null);
                },
                done));
    return done;
  }

  /// Another store's database, which is durable, was put in place: what is dead there is not known
  /// yet.
  void installed() {
    thread.execute(
        () -> {
          purgedBelow = 0;
          CompletableFuture<Void> done = new CompletableFuture<>();
          attempt(() -> compactNow(done), done);
        });
  }

  /// Closes a database that has been replaced, once its last user has left.
  CompletableFuture<Void> retire(StateDb replaced) {
    return replaced.closeLater(thread);
  }

  private void attempt(Runnable task, CompletableFuture<Void> done) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      if (failure == null) {
        failure = e;
      }
      done.completeExceptionally(e);
      onFailure.accept(e);
    }
  }

  private void flushNow() {
    onNewest(this::flush);
  }

  /// Lets a task work with the newest state's database. Keeps that open, but pins no state, which
  /// would keep dead rows from being removed.
  private void onNewest(BiConsumer<StateDb, StateRecord> task) {
    Pin pin = newest.get();
    StateDb db = pin.database();
    db.retain();
    pin.release();
    try {
      task.accept(db, pin.state());
    } finally {
      db.release();
    }
  }

  /// Makes a state durable, and returns it.
  @CanIgnoreReturnValue
  private StateRecord flush(StateDb db, StateRecord state) {
    db.flush();
    durableIndex = Math.max(durableIndex, state.appliedIndex());
    for (LongConsumer listener : durableListeners) {
      listener.accept(durableIndex);
    }
    return state;
  }

  private void compactNow(CompletableFuture<Void> done) {
    onNewest((db, state) -> compactNow(db, flush(db, state), done));
  }

  private void compactNow(StateDb db, StateRecord durable, CompletableFuture<Void> done) {
    if (durable.compacted() <= 0) {
      done.complete(null);
      return;
    }
    db.dropHistoryFilesBelow(durable.compacted());
    purging
        .thenRunAsync(() -> attempt(() -> beginPurge(durable, done), done), thread)
        .exceptionally(refused -> fail(done, refused));
    purging = done.handle((_, _) -> null);
  }

  private void beginPurge(StateRecord durable, CompletableFuture<Void> done) {
    if (durable.newestDelete() < purgedBelow) {
      done.complete(null);
    } else {
      purgeFrom(FIRST, durable.compacted(), done);
    }
  }

  /// Offers the next dead keys at or after `from` to the applier, and goes on when it is done.
  private void purgeFrom(byte[] from, long compacted, CompletableFuture<Void> done) {
    List<byte[]> dead = deadKeys(from, compacted);
    if (dead.isEmpty()) {
      purgedBelow = Math.max(purgedBelow, compacted);
      done.complete(null);
      return;
    }
    Slice slice = new Slice(dead);
    byte[] next = KeyLayout.successor(dead.getLast());
    slice
        .done()
        .whenCompleteAsync(
            (_, cancelled) -> {
              if (cancelled != null) {
                done.completeExceptionally(cancelled);
              } else {
                attempt(() -> purgeFrom(next, compacted, done), done);
              }
            },
            thread)
        .exceptionally(refused -> fail(done, refused));
    purges.offer(slice);
  }

  /// The thread takes no more work: the store is closing.
  private static @Nullable Void fail(CompletableFuture<Void> done, Throwable refused) {
    done.completeExceptionally(refused);
    return null;
  }

  private List<byte[]> deadKeys(byte[] from, long compacted) {
    List<byte[]> dead = new ArrayList<>();
    Pin pin = newest.get();
    try (RowCursor rows = pin.view().scan(Family.DELETED, from, null)) {
      while (dead.size() < PURGE_SLICE_KEYS && rows.isValid()) {
        if (StoredRecord.parse(rows.value()).modMain() < compacted) {
          dead.add(rows.key());
        }
        rows.next();
      }
    } finally {
      pin.release();
    }
    return dead;
  }

  /// Lets the running task end and starts no other.
  @Override
  public void close() {
    thread.close();
  }
}
