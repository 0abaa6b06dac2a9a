package io.kvorum.server.corruption;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.mvcc.HashResult;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.server.cluster.PeerAnswer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Hashes of this member's keys, made one after the other on the thread `hash`: each reads the
/// whole store, so several at once would take the disk from those who serve.
///
/// With memory for compactions, each compaction is followed by the hash at its revision, and the
/// newest of these are kept: only they can be compared when history has moved on. Such a hash rests
/// on nothing that its compaction drops, so it is made afterwards, in the background; one that the
/// next compaction overtakes is left out.
///
/// Safe for any thread.
public final class KeyHashes implements AutoCloseable {
  /// A question per member of a large cluster, and this member's own.
  private static final int MAX_WAITING = 16;

  /// As many as etcd keeps.
  private static final int KEPT_COMPACTIONS = 10;

  private static final int CLOSE_SECONDS = 5;

  private final MvccStore store;
  private final Compactions compactions;
  private final Consumer<Throwable> failures;
  private final ThreadPoolExecutor thread;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private final Deque<HashResult> ofCompactions = new ArrayDeque<>(); // the newest first

  private long hashedCompaction; // by the thread that ticks

  /// Whether hashes of compactions are made and kept.
  public enum Compactions {
    REMEMBERED,
    IGNORED
  }

  /// Starts the thread.
  ///
  /// @param failures told if the store cannot be read
  public KeyHashes(MvccStore store, Compactions compactions, Consumer<Throwable> failures) {
    this.store = store;
    this.compactions = compactions;
    this.failures = failures;
    this.hashedCompaction = store.compactedRevision();
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            Thread.ofPlatform().name("hash").daemon(true).factory());
  }

  /// The hash at this revision; 0 is the newest. Fails with [RejectedExecutionException] if too
  /// many wait, with [CancellationException] if the member stops.
  public CompletableFuture<PeerAnswer.Hash> at(long revision) {
    Optional<HashResult> kept = ofCompaction(revision);
    if (kept.isPresent()) {
      return CompletableFuture.completedFuture(new PeerAnswer.Hashed(kept.get(), store.head()));
    }
    CompletableFuture<PeerAnswer.Hash> hash = new CompletableFuture<>();
    try {
      thread.execute(() -> complete(hash, revision));
    } catch (RejectedExecutionException e) {
      hash.completeExceptionally(e);
    }
    return hash;
  }

  /// The hashes at the newest compactions, each under its own compacted revision; the newest first.
  public List<HashResult> ofCompactions() {
    synchronized (lock) {
      return List.copyOf(ofCompactions);
    }
  }

  private Optional<HashResult> ofCompaction(long revision) {
    return ofCompactions().stream().filter(kept -> kept.revision() == revision).findFirst();
  }

  /// Looks whether there was a compaction. Called a few times per second, by one thread.
  public void tick() {
    long compacted = store.compactedRevision();
    if (compactions == Compactions.IGNORED || compacted <= hashedCompaction) {
      return;
    }
    try {
      thread.execute(() -> remember(compacted));
      hashedCompaction = compacted;
    } catch (RejectedExecutionException e) {
      // At the next tick.
    }
  }

  private void remember(long compacted) {
    CompletableFuture<PeerAnswer.Hash> hash = new CompletableFuture<>();
    complete(hash, compacted);
    if (!hash.isCompletedExceptionally()
        && hash.join() instanceof PeerAnswer.Hashed(HashResult made, _)
        && made.compactRevision() == compacted) {
      synchronized (lock) {
        ofCompactions.addFirst(made);
        if (ofCompactions.size() > KEPT_COMPACTIONS) {
          ofCompactions.removeLast();
        }
      }
    }
  }

  private void complete(CompletableFuture<PeerAnswer.Hash> hash, long revision) {
    try (ReadTxn pinned = store.read()) {
      hash.complete(answer(pinned, revision));
    } catch (CancellationException e) {
      hash.completeExceptionally(e);
    } catch (RuntimeException | Error e) {
      hash.completeExceptionally(e);
      failures.accept(e);
    }
  }

  private PeerAnswer.Hash answer(ReadTxn pinned, long revision) {
    try {
      HashResult result = pinned.hashKv(revision);
      return new PeerAnswer.Hashed(result, store.head());
    } catch (RevisionRefused refused) {
      return switch (refused.kind()) {
        case FUTURE -> new PeerAnswer.FutureRevision(store.head());
        case COMPACTED -> new PeerAnswer.CompactedRevision(refused.compacted());
      };
    }
  }

  /// Cuts short what is being made. The store is still open.
  @Override
  public void close() {
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a hash is still being made");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
