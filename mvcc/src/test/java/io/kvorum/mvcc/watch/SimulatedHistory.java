package io.kvorum.mvcc.watch;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A store that keeps every revision in a list: the naive model of what watchers must see.
final class SimulatedHistory implements History {
  private final List<ChangeSet> revisions = new ArrayList<>();
  private final Map<String, KeyValue> live = new TreeMap<>();
  private long compacted = -1;
  private int reads;

  /// One operation of a revision.
  record Op(String key, Optional<String> value) {
    static Op put(String key, String value) {
      return new Op(key, Optional.of(value));
    }

    static Op delete(String key) {
      return new Op(key, Optional.empty());
    }
  }

  /// Applies the operations as one revision; deletes of absent keys change nothing.
  Optional<ChangeSet> write(List<Op> ops) {
    Map<String, KeyValue> before = Map.copyOf(live);
    List<Change> changes = new ArrayList<>();
    long revision = head() + 1;
    for (Op op : ops) {
      Optional<KeyValue> previous = Optional.ofNullable(before.get(op.key()));
      ByteString key = ByteString.copyFromUtf8(op.key());
      KeyValue old = live.get(op.key());
      if (op.value().isPresent()) {
        KeyValue pair =
            new KeyValue(
                key,
                ByteString.copyFromUtf8(op.value().get()),
                old == null ? revision : old.createRevision(),
                revision,
                old == null ? 1 : old.version() + 1,
                0);
        live.put(op.key(), pair);
        changes.add(new Change(Change.Kind.PUT, pair, previous));
      } else if (old != null) {
        live.remove(op.key());
        KeyValue tombstone = new KeyValue(key, ByteString.EMPTY, 0, revision, 0, 0);
        changes.add(new Change(Change.Kind.DELETE, tombstone, previous));
      }
    }
    if (changes.isEmpty()) {
      return Optional.empty();
    }
    ChangeSet set = new ChangeSet(revision, changes);
    revisions.add(set);
    return Optional.of(set);
  }

  void compact(long revision) {
    compacted = revision;
  }

  long compactedRevision() {
    return compacted;
  }

  ChangeSet at(long revision) {
    return revisions.get((int) revision - 2);
  }

  /// How many slices were read.
  int reads() {
    return reads;
  }

  @Override
  public long head() {
    return revisions.size() + 1L;
  }

  @Override
  public Slice read(long from, int maxEvents, long maxBytes) {
    reads++;
    if (from < compacted) {
      return new Slice.Compacted(compacted);
    }
    List<ChangeSet> slice = new ArrayList<>();
    int events = 0;
    for (long revision = from; revision <= head() && events < maxEvents; revision++) {
      slice.add(at(revision));
      events += at(revision).changes().size();
    }
    return new Slice.Read(slice);
  }
}
