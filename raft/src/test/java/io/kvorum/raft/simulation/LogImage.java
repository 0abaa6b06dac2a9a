package io.kvorum.raft.simulation;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/// What storage commands make of a log, told apart by a hash of the whole prefix at each index: two
/// images with one hash at an index hold the same entries up to there.
final class LogImage {
  private long baseIndex;
  // Slot i stands for index baseIndex + i; slot 0 is the base itself.
  private long[] terms = new long[256];
  private long[] hashes = new long[256];
  private boolean[] areConfigurations = new boolean[256];
  private int size = 1;
  private Ballot ballot;
  private long commitIndex;

  /// The log of a member that has nothing but its founding marker.
  LogImage(EntryId founding) {
    baseIndex = founding.index();
    terms[0] = founding.term();
    hashes[0] = foundingHash(founding);
    ballot = new Ballot(founding.term(), Optional.empty());
    commitIndex = founding.index();
  }

  LogImage(LogImage other) {
    baseIndex = other.baseIndex;
    terms = other.terms.clone();
    hashes = other.hashes.clone();
    areConfigurations = other.areConfigurations.clone();
    size = other.size;
    ballot = other.ballot;
    commitIndex = other.commitIndex;
  }

  static long foundingHash(EntryId founding) {
    return founding.index();
  }

  static long hashAfter(long prefixHash, Entry entry) {
    long hash = mix(prefixHash, entry.term());
    hash = mix(hash, entry.index());
    return mix(hash, 31L * entry.payload().hashCode() + entry.kind().code());
  }

  static long mix(long hash, long value) {
    long mixed = (hash ^ value) * 0x9e3779b97f4a7c15L;
    return mixed ^ (mixed >>> 29);
  }

  long baseIndex() {
    return baseIndex;
  }

  long lastIndex() {
    return baseIndex + size - 1;
  }

  EntryId last() {
    return new EntryId(terms[size - 1], lastIndex());
  }

  Ballot ballot() {
    return ballot;
  }

  long commitIndex() {
    return commitIndex;
  }

  boolean covers(long index) {
    return index >= baseIndex && index <= lastIndex();
  }

  long termAt(long index) {
    return terms[slot(index)];
  }

  long hashAt(long index) {
    return hashes[slot(index)];
  }

  boolean isConfigurationAt(long index) {
    return areConfigurations[slot(index)];
  }

  /// How many terms its entries are of; those of one term stand together.
  int countTerms() {
    int count = 1;
    for (int slot = 1; slot < size; slot++) {
      count += terms[slot] == terms[slot - 1] ? 0 : 1;
    }
    return count;
  }

  /// Whether the image ends as a recovered log does, with the same promise.
  boolean isAt(EntryId recoveredLast, Ballot recoveredBallot) {
    return lastIndex() == recoveredLast.index()
        && terms[size - 1] == recoveredLast.term()
        && ballot.equals(recoveredBallot);
  }

  /// @param prefixHash what everything up to a marker that replaces the log hashes to
  void take(Persist command, LongUnaryOperator prefixHash) {
    if (command.snapshot().isPresent()) {
      SnapshotMarker marker = command.snapshot().get();
      EntryId id = marker.id();
      if (id.index() > lastIndex()
          || (id.index() >= baseIndex && termAt(id.index()) != id.term())) {
        baseIndex = id.index();
        terms[0] = id.term();
        hashes[0] = prefixHash.applyAsLong(id.index());
        areConfigurations[0] = false;
        size = 1;
      }
    }
    for (Entry entry : command.entries()) {
      Violation.unless(
          entry.index() > baseIndex && entry.index() <= lastIndex() + 1,
          "I7",
          "entry %s does not fit a log of (%d, %d]",
          entry.id(),
          baseIndex,
          lastIndex());
      size = slot(entry.index());
      append(entry);
    }
    command
        .hardState()
        .ifPresent(
            state -> {
              ballot = state.ballot();
              commitIndex = state.commitIndex();
            });
  }

  private void append(Entry entry) {
    if (size == terms.length) {
      terms = Arrays.copyOf(terms, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
      areConfigurations = Arrays.copyOf(areConfigurations, size * 2);
    }
    terms[size] = entry.term();
    hashes[size] = hashAfter(hashes[size - 1], entry);
    areConfigurations[size] = entry.kind() == EntryKind.CONFIGURATION;
    size++;
  }

  private int slot(long index) {
    return (int) (index - baseIndex);
  }
}
