package io.kvorum.raft.node;

import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogStore;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.log.TermRun;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/// A log in memory whose syncs the test lets through one by one, or makes fail.
final class MemoryLog implements LogStore {
  private final EntryId base;
  private final List<Entry> entries = new ArrayList<>();
  private final List<List<Persist>> syncs = new ArrayList<>();
  private final Semaphore arrivals = new Semaphore(0);
  private final Semaphore permits = new Semaphore(0);
  private volatile boolean isHeld;
  private volatile boolean isFailing;
  private HardState hardState;
  private Optional<SnapshotMarker> marker = Optional.empty();
  private long droppedTo;
  private boolean isClosed;
  private int readEntries;

  MemoryLog(HardState hardState, EntryId base) {
    this.hardState = hardState;
    this.base = base;
  }

  /// From now on every sync waits for a [#releaseSync].
  void holdSyncs() {
    isHeld = true;
  }

  /// Waits until a sync has begun.
  void awaitSync() throws InterruptedException {
    arrivals.acquire();
  }

  void releaseSync() {
    permits.release();
  }

  void releaseAllSyncs() {
    isHeld = false;
    permits.release(1_000_000);
  }

  void failSyncs() {
    isFailing = true;
  }

  @Override
  public void append(List<Persist> commands) throws IOException {
    arrivals.release();
    if (isHeld) {
      permits.acquireUninterruptibly();
    }
    if (isFailing) {
      throw new IOException("disk is gone");
    }
    synchronized (this) {
      syncs.add(List.copyOf(commands));
      commands.forEach(this::apply);
    }
  }

  private void apply(Persist command) {
    hardState = command.hardState().orElse(hardState);
    marker = command.snapshot().or(() -> marker);
    if (!command.entries().isEmpty()) {
      long first = command.entries().getFirst().index();
      entries.removeIf(entry -> entry.index() >= first);
      entries.addAll(command.entries());
    }
  }

  synchronized List<List<Persist>> syncs() {
    return List.copyOf(syncs);
  }

  synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  synchronized Optional<SnapshotMarker> marker() {
    return marker;
  }

  synchronized long droppedTo() {
    return droppedTo;
  }

  synchronized boolean isClosed() {
    return isClosed;
  }

  synchronized RecoveredLog recovered() {
    List<TermRun> runs = new ArrayList<>();
    for (Entry entry : entries) {
      if (runs.isEmpty() || runs.getLast().term() < entry.term()) {
        runs.add(new TermRun(entry.id()));
      }
    }
    EntryId last = entries.isEmpty() ? base : entries.getLast().id();
    return new RecoveredLog(hardState, marker, base, last, runs, 0, 1);
  }

  @Override
  public synchronized List<Entry> read(long fromIndex, long toIndexExclusive, long maxBytes) {
    List<Entry> read = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : entries) {
      if (entry.index() >= fromIndex && entry.index() < toIndexExclusive) {
        bytes += entry.payloadBytes();
        if (bytes > maxBytes && !read.isEmpty()) {
          break;
        }
        read.add(entry);
      }
    }
    readEntries += read.size();
    return read;
  }

  synchronized int readEntries() {
    return readEntries;
  }

  @Override
  public synchronized void dropPrefix(long index) {
    droppedTo = index;
  }

  @Override
  public synchronized void close() {
    isClosed = true;
  }
}
