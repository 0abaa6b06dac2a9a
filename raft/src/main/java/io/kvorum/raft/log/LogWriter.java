package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.Entry;
import io.kvorum.raft.Persist;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// The thread `log`: executes storage commands in order, all that wait in one append (W7).
///
/// While one sync runs the next commands collect, so load makes batches larger instead of slower.
/// The thread is private and never interrupted, because an interrupt would close its files (W12).
/// After the first failure nothing more is executed or reported (W8).
public final class LogWriter implements AutoCloseable {
  /// Most payload that goes into one append; bounds the wait of the commands behind.
  private static final long GROUP_BYTES = 8L << 20;

  private final LogStore store;
  private final Listener listener;
  private final long limitEntries;
  private final long limitBytes;
  private final ConcurrentLinkedQueue<Task> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong queuedEntries = new AtomicLong();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final Thread thread;
  private volatile boolean isIdle;

  private LogWriter(LogStore store, Limits limits, Listener listener) {
    this.store = store;
    this.listener = listener;
    this.limitEntries = limits.entries();
    this.limitBytes = limits.bytes();
    this.thread = Thread.ofPlatform().name("log").unstarted(this::run);
  }

  /// Starts the thread, which owns `store` from now on.
  public static LogWriter start(LogStore store, Limits limits, Listener listener) {
    LogWriter writer = new LogWriter(store, limits, listener);
    writer.thread.start();
    return writer;
  }

  /// How much may wait for the disk.
  ///
  /// @param entries waiting entries; a command without any counts as one
  /// @param bytes waiting payload
  public record Limits(long entries, long bytes) {
    /// What a fast disk takes in well under a second.
    public static final Limits DEFAULT = new Limits(64 << 10, 64L << 20);

    public Limits {
      Invariant.check(entries > 0 && bytes > 0, "limits of %d entries, %d bytes", entries, bytes);
    }
  }

  /// Hears of completions, on the thread `log`; must not block.
  public interface Listener {
    /// All commands up to this sequence are durable.
    void persisted(long lastSequence);

    /// The log is poisoned: what was not reported as persisted may or may not be on the disk, and
    /// nothing more will be. Called at most once. The member must halt.
    void failed(Throwable cause);
  }

  private sealed interface Task {
    record Write(Persist command) implements Task {}

    record DropPrefix(long index) implements Task {}

    record End() implements Task {}
  }

  /// Whether another command is welcome. A producer that sees false waits for the next completion:
  /// once it saw true, one command of any size may follow.
  public boolean hasRoom() {
    return queuedEntries.get() < limitEntries && queuedBytes.get() < limitBytes;
  }

  /// Enqueues a command and returns at once. One producer; sequences ascend.
  ///
  /// @return false, and nothing happened, if there is no room
  public boolean offer(Persist command) {
    if (!hasRoom()) {
      return false;
    }
    queuedEntries.addAndGet(entries(command));
    queuedBytes.addAndGet(bytes(command));
    enqueue(new Task.Write(command));
    return true;
  }

  /// Asks for [LogStore#dropPrefix], after the commands offered so far. Any thread.
  public void dropPrefix(long index) {
    enqueue(new Task.DropPrefix(index));
  }

  /// Executes what was offered, closes the store and ends the thread; returns when that is done,
  /// even if the caller is interrupted meanwhile. Not to be called on the thread `log`.
  @Override
  public void close() {
    enqueue(new Task.End());
    boolean wasInterrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        wasInterrupted = true; // half a close would leave the files in use
      }
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void enqueue(Task task) {
    queue.add(task);
    if (isIdle) {
      LockSupport.unpark(thread);
    }
  }

  private void run() {
    try {
      Group group = new Group();
      while (!group.isLast) {
        fill(group);
        execute(group);
      }
      store.close();
    } catch (Throwable e) {
      listener.failed(e);
      abandon();
    }
  }

  /// Frees the files of a poisoned store; the failure that counts is already reported.
  private void abandon() {
    try {
      store.close();
    } catch (Exception _) {
      return; // nothing is left that could be lost by it
    }
  }

  /// Waits for work and takes all of it, up to the size of a group.
  private void fill(Group group) {
    group.clear();
    while (queue.isEmpty()) {
      isIdle = true;
      if (queue.isEmpty()) {
        LockSupport.park(this);
      }
      isIdle = false;
    }
    while (group.takesMore()) {
      Task task = queue.poll();
      if (task == null) {
        return;
      }
      group.add(task);
    }
  }

  private void execute(Group group) throws IOException {
    if (!group.commands.isEmpty()) {
      store.append(group.commands);
      queuedEntries.addAndGet(-group.entries);
      queuedBytes.addAndGet(-group.bytes);
      listener.persisted(group.commands.getLast().sequence());
    }
    if (group.dropIndex > 0) {
      store.dropPrefix(group.dropIndex);
    }
  }

  private static long entries(Persist command) {
    return Math.max(1, command.entries().size());
  }

  private static long bytes(Persist command) {
    long bytes = 0;
    for (Entry entry : command.entries()) {
      bytes += entry.payloadBytes();
    }
    return bytes;
  }

  /// What one turn of the thread does: commands, then at most one drop.
  private static final class Group {
    private final List<Persist> commands = new ArrayList<>();
    private long entries;
    private long bytes;
    private long dropIndex;
    private boolean isLast;

    void clear() {
      commands.clear();
      entries = 0;
      bytes = 0;
      dropIndex = 0;
    }

    boolean takesMore() {
      return bytes < GROUP_BYTES && dropIndex == 0 && !isLast;
    }

    void add(Task task) {
      switch (task) {
        case Task.Write(var command) -> {
          commands.add(command);
          entries += LogWriter.entries(command);
          bytes += LogWriter.bytes(command);
        }
        case Task.DropPrefix(var index) -> dropIndex = index;
        case Task.End _ -> isLast = true;
      }
    }
  }
}
