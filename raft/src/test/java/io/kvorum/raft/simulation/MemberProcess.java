package io.kvorum.raft.simulation;

import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input;
import io.kvorum.raft.Persist;
import io.kvorum.raft.RaftCore;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.Ready;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.SegmentedLog;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One boot of a member: the real core and log in a shell that keeps the ordering rules of
/// `RaftNode`, with virtual time in place of its threads.
final class MemberProcess {
  /// Unwinds to the event loop when the process dies in the middle of something.
  static final class Died extends RuntimeException {
    final transient MemberProcess process;

    Died(MemberProcess process) {
      super("process died", null, false, false);
      this.process = process;
    }
  }

  /// What the thread `log` is told.
  private sealed interface LogTask {
    record Write(Persist command) implements LogTask {}

    record Drop(long index) implements LogTask {}
  }

  /// What the thread `apply` is told.
  private sealed interface ApplyTask {
    record Take(Entry entry) implements ApplyTask {}

    record Install(SnapshotMarker marker) implements ApplyTask {}
  }

  final Host host;
  final int boot;
  final RaftCore core;

  /// What has been handed to storage, durable or not.
  final LogImage issued;

  final Deque<Persist> undurable = new ArrayDeque<>();

  /// What the witnesses saw last.
  final Seen seen;

  long lastTickMicros;

  /// The term of a campaign that a leader asked for.
  long transferTerm;

  private final World world;
  private final SegmentedLog log;
  private final Deque<LogTask> logQueue = new ArrayDeque<>();
  private final List<Persist> writing = new ArrayList<>();
  private final Deque<ApplyTask> applyQueue = new ArrayDeque<>();
  private KvState state;
  private Configuration configuration;
  private boolean isApplying;
  private long effectsUntilCrash = Long.MAX_VALUE;

  MemberProcess(World world, Host host, RaftCore core, SegmentedLog log, KvState state) {
    this.world = world;
    this.host = host;
    this.boot = host.boots;
    this.core = core;
    this.log = log;
    this.state = state;
    this.configuration = state.configuration();
    this.issued = new LogImage(host.durable);
    this.seen = new Seen(core);
    this.lastTickMicros = world.nowMicros();
  }

  MemberId id() {
    return host.id;
  }

  KvState state() {
    return state;
  }

  /// The configuration that the core was told last.
  Configuration configuration() {
    return configuration;
  }

  /// Whether a change waits to be applied that the core knows to be committed, or a snapshot does.
  /// Storage may not have heard of it yet, nor of what took the place of another one.
  boolean knowsOfUnappliedChange() {
    long applied = state.appliedIndex();
    return CoreProbe.base(core).index() > applied
        || CoreProbe.entriesInMemory(core).stream()
            .anyMatch(
                entry ->
                    entry.kind() == EntryKind.CONFIGURATION
                        && entry.index() > applied
                        && entry.index() <= core.commitIndex());
  }

  /// Dies after this many more effects.
  void crashAfterEffects(long effects) {
    effectsUntilCrash = effects;
  }

  /// Dies at this many more operations on the files of the log.
  void crashAfterFileSteps(long steps) {
    host.files.crashAtStep(steps);
  }

  /// Steps the core, and carries out what it returns, unless more inputs are to join the batch.
  void step(Input input) {
    core.step(input);
    world.witnesses().commits().stepped(this, input); // before a crash can hide it
    if (world.joinsBatch()) {
      world.witnesses().stepped(this, input);
      return;
    }
    carryOut();
    world.witnesses().stepped(this, input);
  }

  void carryOut() {
    for (Ready ready = core.drain(); !ready.isEmpty(); ready = core.drain()) {
      world.witnesses().drained(this, ready);
      for (Envelope envelope : ready.messages()) {
        effect();
        send(envelope);
      }
      if (ready.persist().isPresent()) {
        effect();
        write(ready.persist().get());
      }
      ready.install().ifPresent(marker -> applyQueue.addLast(new ApplyTask.Install(marker)));
      for (Entry entry : ready.committed()) {
        applyQueue.addLast(new ApplyTask.Take(entry));
      }
      scheduleApply();
      for (Ready.ReadVerdict verdict : ready.reads()) {
        world.clients().readDecided(this, verdict);
      }
      for (Ready.RefusedProposal refused : ready.refusals()) {
        world.clients().refused(refused);
      }
      for (Ready.SnapshotWanted wanted : ready.snapshotsWanted()) {
        world.after(world.checkpointMicros(), new Event.TakeCheckpoint(this, wanted));
      }
      for (Ready.LogRead read : ready.logReads()) {
        world.after(world.diskMicros(host), new Event.ReadLog(this, read));
      }
      if (ready.dropLogTo().isPresent()) {
        effect();
        logQueue.addLast(new LogTask.Drop(ready.dropLogTo().getAsLong()));
        scheduleWrite();
      }
    }
  }

  private void effect() {
    if (--effectsUntilCrash <= 0) {
      world.coverage().saw(Sometimes.CRASH_BETWEEN_EFFECTS);
      throw new Died(this);
    }
  }

  private void send(Envelope envelope) {
    world.witnesses().sent(this, envelope);
    if (envelope.message() instanceof SnapshotOffer(var marker)) {
      world.streams().open(this, envelope, marker);
    } else {
      world.network().send(envelope);
    }
  }

  private void write(Persist command) {
    world.witnesses().issued(this, command);
    undurable.addLast(command);
    logQueue.addLast(new LogTask.Write(command));
    scheduleWrite();
  }

  /// Takes everything that waits into one write, up to a drop.
  private void scheduleWrite() {
    if (!writing.isEmpty()) {
      return;
    }
    while (logQueue.peekFirst() instanceof LogTask.Write(var command)) {
      writing.add(command);
      logQueue.removeFirst();
    }
    if (writing.isEmpty() && logQueue.peekFirst() instanceof LogTask.Drop(var index)) {
      logQueue.removeFirst();
      onDisk(() -> log.dropPrefix(index));
      world.coverage().saw(Sometimes.PREFIX_DROPPED);
      scheduleWrite();
    } else if (!writing.isEmpty()) {
      world.after(world.diskMicros(host), new Event.DiskDone(this));
    }
  }

  /// The write under way is done: durable from here on.
  void diskDone() {
    onDisk(() -> log.append(writing));
    long sequence = writing.getLast().sequence();
    writing.clear();
    world.witnesses().persisted(this, sequence);
    effect();
    step(new Input.Persisted(sequence));
    scheduleWrite();
  }

  private interface DiskWork {
    void run() throws IOException;
  }

  /// A crash of the files is one of the process, even if it came while the next segment was being
  /// prepared; any other failure poisons the log, on which the process exits (W8).
  private void onDisk(DiskWork work) {
    boolean hasFailed = false;
    try {
      work.run();
    } catch (IOException _) {
      hasFailed = true;
    }
    if (host.files.hasCrashed()) {
      world.coverage().saw(Sometimes.CRASH_BETWEEN_FILE_STEPS);
      throw new Died(this);
    }
    if (hasFailed) {
      world.coverage().saw(Sometimes.POISONED_EXIT);
      throw new Died(this);
    }
  }

  boolean isWriting() {
    return !writing.isEmpty();
  }

  /// Leaves the write under way half done, as a crash does.
  void tearWrite(long fileSteps) {
    if (!writing.isEmpty() && !host.files.hasCrashed()) {
      host.files.crashAtStep(fileSteps);
      try {
        log.append(writing);
      } catch (IOException _) {
        world.coverage().saw(Sometimes.WRITE_TORN);
      }
    }
  }

  /// Stops on purpose, if nothing is under way.
  boolean stopCleanly() {
    carryOut();
    if (!core.isStorageIdle() || !writing.isEmpty() || !logQueue.isEmpty()) {
      return false;
    }
    step(new Input.Stop());
    carryOut();
    onDisk(log::close);
    return true;
  }

  void readLog(Ready.LogRead read) {
    List<Entry> entries;
    try {
      entries = log.read(read.fromIndex(), read.toIndex(), read.maxBytes());
    } catch (IOException _) {
      entries = List.of();
    }
    world.coverage().saw(Sometimes.LOG_READ);
    step(new Input.LogReadDone(read, entries));
  }

  void takeCheckpoint(Ready.SnapshotWanted wanted) {
    if (state.appliedIndex() >= wanted.minIndex()) {
      Snapshot snapshot = Snapshot.of(state());
      world.streams().keep(this, snapshot);
      step(new Input.SnapshotReady(wanted.peer(), wanted.term(), snapshot.marker()));
    }
  }

  /// The state machine flushes, and the log may give up what that makes superfluous, except for
  /// what an outgoing snapshot still has to connect to (S8).
  void flush() {
    host.flushed = state.copy();
    host.snapshots.headMap(host.flushed.appliedIndex(), true).clear();
    effect();
    step(
        new Input.StateDurable(
            Math.min(host.flushed.appliedIndex(), world.streams().pinnedIndex(this))));
  }

  private void scheduleApply() {
    if (!isApplying && !applyQueue.isEmpty()) {
      isApplying = true;
      world.after(world.applyMicros(), new Event.Apply(this));
    }
  }

  /// Applies up to `limit` entries, and reports the last.
  void apply(int limit) {
    isApplying = false;
    for (int i = 0; i < limit && !applyQueue.isEmpty(); i++) {
      switch (applyQueue.removeFirst()) {
        case ApplyTask.Install(var marker) -> install(marker);
        case ApplyTask.Take(var entry) -> take(entry);
      }
    }
    effect();
    step(new Input.Applied(state.appliedIndex()));
    scheduleApply();
  }

  private void install(SnapshotMarker marker) {
    @Nullable Snapshot snapshot = host.snapshots.get(marker.id().index());
    Violation.unless(snapshot != null, "S4", "%s installs %s without files", id(), marker);
    state = Objects.requireNonNull(snapshot).state().copy();
    world.coverage().saw(Sometimes.SNAPSHOT_INSTALLED);
    configuration = state.configuration();
    world.witnesses().installed(this);
  }

  private void take(Entry entry) {
    state.apply(entry);
    world.witnesses().applied(this, entry);
    if (entry.kind() == EntryKind.CONFIGURATION) {
      effect();
      configuration = state.configuration();
      step(new Input.ConfigurationApplied(entry.index(), state.configuration()));
    }
  }

  @Override
  public String toString() {
    return id() + "#" + boot;
  }
}
