package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.mvcc.rocks.CheckpointReader;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// What the store in a checkpoint holds.
///
/// @param appliedIndex index of the last log entry whose effect is in it
/// @param meta the replicated facts by their owners' names
public record CheckpointFacts(
    long appliedIndex, long appliedTerm, long head, SortedMap<String, ByteString> meta) {
  public CheckpointFacts {
    meta = Collections.unmodifiableSortedMap(new TreeMap<>(meta));
  }

  static CheckpointFacts of(CheckpointReader.Facts facts) {
    SortedMap<String, ByteString> meta = new TreeMap<>();
    facts.meta().forEach((name, value) -> meta.put(name, UnsafeByteOperations.unsafeWrap(value)));
    return new CheckpointFacts(
        facts.state().appliedIndex(), facts.state().appliedTerm(), facts.state().head(), meta);
  }

  /// A replicated fact, as [MvccStore#meta] has it.
  public Optional<ByteString> find(String name) {
    return Optional.ofNullable(meta.get(name));
  }
}
