package io.kvorum.raft;

import com.google.protobuf.ByteString;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// A core with a disk and a state machine that move only when the test says so. What was handed to
/// the disk and not synced is lost in a crash, and so is what the state machine has not flushed.
final class SimulatedMember {
  final MemberId id;
  private final RaftOptions options;
  private final Configuration configuration;
  private final NavigableMap<Long, Entry> durableLog = new TreeMap<>();
  private EntryId base;
  private HardState durableState;
  private Optional<SnapshotMarker> durableMarker = Optional.empty();
  private final Deque<Persist> unsynced = new ArrayDeque<>();
  private EntryId flushed;
  private int boot;
  private RaftCore core;

  /// Effects since the test last took them.
  final List<Envelope> sent = new ArrayList<>();

  final List<Entry> committed = new ArrayList<>();
  final Deque<Ready.LogRead> logReads = new ArrayDeque<>();
  final List<Ready.ReadVerdict> reads = new ArrayList<>();
  final List<Ready.RefusedProposal> refusals = new ArrayList<>();

  /// Entries handed out and not yet reported as applied.
  final Deque<Entry> unapplied = new ArrayDeque<>();

  private EntryId applied;

  /// A founder: the log begins after the synthetic entry 1 of term 1 (raft.md M14).
  SimulatedMember(MemberId id, RaftOptions options, Configuration configuration) {
    this(id, options, configuration, List.of(), new HardState(new Ballot(1, Optional.empty()), 1));
  }

  SimulatedMember(
      MemberId id,
      RaftOptions options,
      Configuration configuration,
      List<Entry> entries,
      HardState hardState) {
    this.id = id;
    this.options = options;
    this.configuration = configuration;
    this.base = new EntryId(1, 1);
    this.flushed = base;
    this.durableState = hardState;
    entries.forEach(entry -> durableLog.put(entry.index(), entry));
    start();
  }

  private void start() {
    boot++;
    unsynced.clear();
    unapplied.clear();
    logReads.clear();
    applied = flushed;
    core = new RaftCore(id, options, startState(), new SplittableRandom(31 * id.value() + boot));
    drain();
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
        durableState,
        base,
        runStarts,
        durableLog.isEmpty() ? base : List.copyOf(durableLog.values()).getLast().id(),
        flushed,
        List.copyOf(durableLog.tailMap(flushed.index(), false).values()),
        configuration);
  }

  void step(Input input) {
    core.step(input);
    drain();
  }

  void stepTogether(List<Input> inputs) {
    inputs.forEach(core::step);
    drain();
  }

  void propose(long token, String text) {
    step(new Input.Propose(token, ByteString.copyFromUtf8(text)));
  }

  void drain() {
    for (Ready ready = core.drain(); !ready.isEmpty(); ready = core.drain()) {
      sent.addAll(ready.messages());
      ready.persist().ifPresent(unsynced::addLast);
      logReads.addAll(ready.logReads());
      committed.addAll(ready.committed());
      unapplied.addAll(ready.committed());
      reads.addAll(ready.reads());
      refusals.addAll(ready.refusals());
      ready.dropLogTo().ifPresent(this::dropLog);
    }
  }

  private void dropLog(long index) {
    NavigableMap<Long, Entry> dropped = durableLog.headMap(index, true);
    base = List.copyOf(dropped.values()).getLast().id();
    dropped.clear();
  }

  /// Makes the oldest `count` storage commands durable with one sync.
  void sync(int count) {
    long sequence = 0;
    for (int i = 0; i < count && !unsynced.isEmpty(); i++) {
      Persist command = unsynced.removeFirst();
      sequence = command.sequence();
      durableState = command.hardState().orElse(durableState);
      durableMarker = command.snapshot().or(() -> durableMarker);
      if (!command.entries().isEmpty()) {
        durableLog.tailMap(command.entries().getFirst().index(), true).clear();
        command.entries().forEach(entry -> durableLog.put(entry.index(), entry));
      }
    }
    if (sequence > 0) {
      step(new Input.Persisted(sequence));
    }
  }

  void syncAll() {
    while (!unsynced.isEmpty()) {
      sync(unsynced.size());
    }
  }

  /// Answers the oldest log read, if there is one.
  void readLog() {
    if (!logReads.isEmpty()) {
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
    }
  }

  /// Applies the oldest `count` entries handed out, and reports the last.
  void apply(int count) {
    for (int i = 0; i < count && !unapplied.isEmpty(); i++) {
      applied = unapplied.removeFirst().id();
    }
    step(new Input.Applied(applied.index()));
  }

  void applyAll() {
    apply(unapplied.size());
  }

  /// Flushes the state machine: it survives a crash from here on.
  void flush() {
    flushed = applied;
  }

  /// Flushes, and lets the log give up its prefix.
  void flushAndDrop() {
    flush();
    step(new Input.StateDurable(flushed.index()));
  }

  /// Loses what was not synced or flushed, and starts again.
  void crash() {
    start();
  }

  List<Envelope> takeSent() {
    List<Envelope> taken = List.copyOf(sent);
    sent.clear();
    return taken;
  }

  int boot() {
    return boot;
  }

  Ready.RoleChange role() {
    return core.roleNow();
  }

  boolean isLeader() {
    return role().role() == RoleKind.LEADER;
  }

  RaftCore core() {
    return core;
  }

  List<Persist> unsynced() {
    return List.copyOf(unsynced);
  }

  HardState durableState() {
    return durableState;
  }

  Optional<SnapshotMarker> durableMarker() {
    return durableMarker;
  }

  EntryId base() {
    return base;
  }

  EntryId flushed() {
    return flushed;
  }

  boolean holdsDurably(Entry entry) {
    return entry.index() <= base.index() || entry.equals(durableLog.get(entry.index()));
  }
}
