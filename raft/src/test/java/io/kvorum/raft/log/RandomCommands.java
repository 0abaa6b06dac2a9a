package io.kvorum.raft.log;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Draws legal storage commands for a log in a given state: appends, truncations above the commit
/// index, new terms, commit indexes, markers of both kinds.
final class RandomCommands {
  private final RandomGenerator random;
  private long sequence;

  RandomCommands(RandomGenerator random) {
    this.random = random;
  }

  /// A group for one append, to be executed on `log`.
  List<Persist> group(ModelLog log) {
    List<Persist> group = new ArrayList<>();
    ModelLog state = log;
    for (int count = 1 + random.nextInt(3); count > 0; count--) {
      Persist command = command(state);
      group.add(command);
      state = state.after(command);
    }
    return group;
  }

  private Persist command(ModelLog log) {
    return switch (random.nextInt(10)) {
      case 0 -> newTerm(log);
      case 1, 2 -> onlyCommit(log);
      case 3 -> marker(log);
      case 4 -> random.nextInt(4) == 0 ? install(log) : append(log, log.lastIndex() + 1);
      case 5 -> append(log, truncationPoint(log));
      default -> append(log, log.lastIndex() + 1);
    };
  }

  private Persist newTerm(ModelLog log) {
    Ballot ballot =
        new Ballot(
            log.hardState().ballot().term() + 1,
            random.nextBoolean() ? Optional.of(LogFixture.MEMBER_9) : Optional.empty());
    return persist(new HardState(ballot, log.hardState().commitIndex()), List.of());
  }

  private Persist onlyCommit(ModelLog log) {
    return persist(new HardState(log.hardState().ballot(), commitIndex(log)), List.of());
  }

  private Persist append(ModelLog log, long first) {
    List<Entry> entries = new ArrayList<>();
    long term = log.hardState().ballot().term();
    for (int i = random.nextInt(4); i >= 0; i--) {
      EntryId id = new EntryId(term, first + entries.size());
      entries.add(new Entry(id, EntryKind.NORMAL, payload()));
    }
    return persist(log.hardState(), entries);
  }

  /// Payloads of all shapes that matter: empty, small, beyond a sector, and nothing but zeros.
  private ByteString payload() {
    byte[] bytes = new byte[random.nextInt(5) == 0 ? random.nextInt(2000) : random.nextInt(60)];
    if (random.nextInt(4) > 0) {
      random.nextBytes(bytes);
    }
    return ByteString.copyFrom(bytes);
  }

  private Persist marker(ModelLog log) {
    EntryId id = log.idAt(log.hardState().commitIndex());
    return new Persist(
        ++sequence,
        Optional.empty(),
        List.of(),
        Optional.of(new SnapshotMarker(id, LogFixture.CONFIGURATION)));
  }

  private Persist install(ModelLog log) {
    long term = log.hardState().ballot().term() + 1;
    EntryId id = new EntryId(term, log.hardState().commitIndex() + 1 + random.nextInt(20));
    return new Persist(
        ++sequence,
        Optional.of(new HardState(new Ballot(term, Optional.empty()), id.index())),
        List.of(),
        Optional.of(new SnapshotMarker(id, LogFixture.CONFIGURATION)));
  }

  private long truncationPoint(ModelLog log) {
    long committed = log.hardState().commitIndex();
    return committed + 1 + random.nextLong(log.lastIndex() - committed + 1);
  }

  private long commitIndex(ModelLog log) {
    long committed = log.hardState().commitIndex();
    return committed + random.nextLong(log.lastIndex() - committed + 1);
  }

  private Persist persist(HardState state, List<Entry> entries) {
    return new Persist(++sequence, Optional.of(state), entries, Optional.empty());
  }
}
