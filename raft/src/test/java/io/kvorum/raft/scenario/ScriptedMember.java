package io.kvorum.raft.scenario;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Input;
import io.kvorum.raft.Persist;
import io.kvorum.raft.RaftCore;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.Ready;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.StartRefused;
import io.kvorum.raft.StartState;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChanger;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A core with a disk and a state machine that move only when told. What was handed to the disk and
/// not synced may be lost at a restart; what was applied is kept unless the story says otherwise.
final class ScriptedMember {
  final MemberId id;
  RaftOptions options;

  // The disk.
  private final NavigableMap<Long, Entry> durableLog = new TreeMap<>();
  private EntryId base;
  private HardState hardState;
  private final Deque<Persist> unsynced = new ArrayDeque<>();

  // The state machine: now, and as it would be found after a crash.
  private EntryId applied;
  private Configuration configuration;
  private EntryId flushed;
  private Configuration flushedConfiguration;
  boolean keepsApplied = true;

  private final Deque<Object> unapplied = new ArrayDeque<>();
  private final Deque<Ready.LogRead> logReads = new ArrayDeque<>();
  private int boot;
  private @Nullable RaftCore core;

  /// Why the member has stopped for good, if it has.
  @Nullable String fatal;

  /// Effects since the story last took them.
  final List<Envelope> sent = new ArrayList<>();

  final List<Entry> appliedNow = new ArrayList<>();
  final List<Ready.ReadVerdict> reads = new ArrayList<>();
  final List<Ready.RefusedProposal> refusals = new ArrayList<>();
  final Deque<Ready.SnapshotWanted> snapshotsWanted = new ArrayDeque<>();

  ScriptedMember(
      MemberId id,
      RaftOptions options,
      Configuration configuration,
      EntryId base,
      HardState hardState) {
    this.id = id;
    this.options = options;
    this.base = base;
    this.hardState = hardState;
    this.applied = base;
    this.configuration = configuration;
    this.flushed = base;
    this.flushedConfiguration = configuration;
    start();
  }

  /// Puts entries on the disk of a member that is about to be restarted.
  void writeToDisk(List<Entry> entries, HardState newHardState) {
    durableLog.clear();
    entries.forEach(entry -> durableLog.put(entry.index(), entry));
    hardState = newHardState;
  }

  /// Stops, losing everything but the oldest `keptCommands` of those that were not synced, and
  /// starts from the disk.
  void restart(int keptCommands) {
    syncQuietly(keptCommands);
    if (keepsApplied && fatal == null) {
      flush();
    }
    start();
  }

  /// Loses the disk, and comes back as blank as a new member.
  void wipe() {
    durableLog.clear();
    base = new EntryId(0, 0);
    hardState = HardState.NONE;
    flushed = base;
    flushedConfiguration = Configuration.EMPTY;
    start();
  }

  private void start() {
    boot++;
    fatal = null;
    unsynced.clear();
    unapplied.clear();
    logReads.clear();
    snapshotsWanted.clear();
    applied = flushed;
    configuration = flushedConfiguration;
    try {
      core = new RaftCore(id, options, startState(), new SplittableRandom(31 * id.value() + boot));
      drain();
    } catch (StartRefused refused) {
      core = null;
      fatal = String.valueOf(refused.getMessage());
    }
  }

  private StartState startState() {
    List<EntryId> runStarts = new ArrayList<>();
    long term = base.term();
    for (Entry entry : durableLog.headMap(flushed.index(), true).values()) {
      if (entry.term() > term) {
        runStarts.add(entry.id());
        term = entry.term();
      }
    }
    return new StartState(
        hardState,
        base,
        runStarts,
        durableLog.isEmpty() ? base : durableLog.lastEntry().getValue().id(),
        flushed,
        List.copyOf(durableLog.tailMap(flushed.index(), false).values()),
        flushedConfiguration);
  }

  /// Makes everything applied survive a crash; a snapshot that was recorded later does already.
  void flush() {
    if (applied.index() > flushed.index()) {
      flushed = applied;
      flushedConfiguration = configuration;
    }
  }

  void step(Input input) {
    step(List.of(input));
  }

  /// Takes several inputs before it is drained: one batch (raft.md R11, RI2).
  void step(List<Input> inputs) {
    if (core == null) {
      return;
    }
    try {
      inputs.forEach(core::step);
      drain();
    } catch (InvariantViolation violation) {
      fatal = String.valueOf(violation.getMessage());
      core = null;
    }
  }

  private void drain() {
    RaftCore running = core();
    for (Ready ready = running.drain(); !ready.isEmpty(); ready = running.drain()) {
      sent.addAll(ready.messages());
      ready.persist().ifPresent(unsynced::addLast);
      ready.install().ifPresent(unapplied::addLast);
      unapplied.addAll(ready.committed());
      logReads.addAll(ready.logReads());
      snapshotsWanted.addAll(ready.snapshotsWanted());
      reads.addAll(ready.reads());
      refusals.addAll(ready.refusals());
      ready.dropLogTo().ifPresent(this::dropLog);
    }
  }

  private void dropLog(long index) {
    NavigableMap<Long, Entry> dropped = durableLog.headMap(index, true);
    base = dropped.lastEntry().getValue().id();
    dropped.clear();
  }

  /// Makes the oldest `count` storage commands durable with one sync.
  void sync(int count) {
    long sequence = syncQuietly(count);
    if (sequence > 0) {
      step(new Input.Persisted(sequence));
    }
  }

  private long syncQuietly(int count) {
    long sequence = 0;
    for (int i = 0; i < count && !unsynced.isEmpty(); i++) {
      Persist command = unsynced.removeFirst();
      sequence = command.sequence();
      command.snapshot().ifPresent(this::mark);
      hardState = command.hardState().orElse(hardState);
      if (!command.entries().isEmpty()) {
        durableLog.tailMap(command.entries().getFirst().index(), true).clear();
        command.entries().forEach(entry -> durableLog.put(entry.index(), entry));
      }
    }
    return sequence;
  }

  /// A marker that the log does not lead up to takes the place of the log. The files of its
  /// snapshot are there, so that a restart finds its state (raft.md S4).
  private void mark(SnapshotMarker marker) {
    Entry held = durableLog.get(marker.id().index());
    boolean leadsUpToIt =
        marker.id().equals(base) || (held != null && held.id().equals(marker.id()));
    if (!leadsUpToIt && marker.id().index() > base.index()) {
      durableLog.clear();
      base = marker.id();
      flushed = marker.id();
      flushedConfiguration = marker.configuration();
    }
  }

  int unsynced() {
    return unsynced.size();
  }

  /// Answers the oldest log read; returns false if there is none.
  boolean readLog() {
    if (logReads.isEmpty()) {
      return false;
    }
    Ready.LogRead read = logReads.removeFirst();
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : durableLog.subMap(read.fromIndex(), read.toIndex()).values()) {
      bytes += entry.payloadBytes();
      if (bytes > read.maxBytes() && !entries.isEmpty()) {
        break;
      }
      entries.add(entry);
    }
    step(new Input.LogReadDone(read, entries));
    return true;
  }

  /// Applies the oldest `count` things handed out, and reports the last.
  void apply(int count) {
    for (int i = 0; i < count && !unapplied.isEmpty(); i++) {
      switch (unapplied.removeFirst()) {
        case SnapshotMarker snapshot -> {
          applied = snapshot.id();
          configuration = snapshot.configuration();
        }
        case Entry entry -> apply(entry);
        case Object other -> throw new IllegalStateException("cannot apply " + other);
      }
    }
    if (core != null && applied.index() > core.appliedIndex()) {
      step(new Input.Applied(applied.index()));
    }
  }

  private void apply(Entry entry) {
    applied = entry.id();
    appliedNow.add(entry);
    if (entry.kind() == EntryKind.CONFIGURATION) {
      ConfigChange change = ChangeText.parse(entry.payload().toStringUtf8());
      // An illegal change is neutralised: the configuration stays (raft.md M2, M7).
      if (ConfigChanger.apply(configuration, change)
          instanceof ConfigChanger.Outcome.Changed(var changed)) {
        configuration = changed;
      }
      step(new Input.ConfigurationApplied(entry.index(), configuration));
    }
  }

  int unapplied() {
    return unapplied.size();
  }

  /// A snapshot of the state machine as it is.
  SnapshotMarker snapshot() {
    return new SnapshotMarker(applied, configuration);
  }

  boolean isRunning() {
    return core != null;
  }

  RaftCore core() {
    if (core == null) {
      throw new IllegalStateException("member " + id + " is not running: " + fatal);
    }
    return core;
  }

  Ready.RoleChange role() {
    return core().roleNow();
  }

  boolean isLeader() {
    return core != null && role().role() == RoleKind.LEADER;
  }

  int boot() {
    return boot;
  }

  EntryId applied() {
    return applied;
  }

  Configuration configuration() {
    return CoreProbe.configuration(core());
  }

  HardState durableState() {
    return hardState;
  }

  boolean holdsDurably(Entry entry) {
    return entry.index() <= base.index() || entry.equals(durableLog.get(entry.index()));
  }

  boolean holdsDurably(EntryId id) {
    Entry held = durableLog.get(id.index());
    return id.index() <= base.index() || (held != null && held.id().equals(id));
  }
}
