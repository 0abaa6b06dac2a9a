package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.LogScript.Entry;
import io.kvorum.mvcc.LogScript.Op;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// The store as one would write it without caring for time or space: a whole map per revision.
/// Shares no code with the real one but its API's value types.
final class NaiveStore {
  private static final Comparator<ByteString> BYTES =
      ByteString.unsignedLexicographicalComparator();

  /// One change with what it costs in history (mvcc.md §8).
  record Event(Change change, long cost) {}

  private final NavigableMap<Long, NavigableMap<ByteString, KeyValue>> states = new TreeMap<>();
  private final NavigableMap<Long, List<Event>> events = new TreeMap<>();
  private long head = 1;
  private long compacted = -1;
  private long newestDelete;
  private long historyBytes;

  NaiveStore() {
    states.put(1L, new TreeMap<>(BYTES));
  }

  long head() {
    return head;
  }

  long compacted() {
    return compacted;
  }

  /// Applies one entry and returns everything it answers; its events are in [#eventsFrom].
  List<Object> apply(Entry entry) {
    List<Object> seen = new ArrayList<>();
    switch (entry) {
      case Entry.Txn(List<Op> ops) -> new Txn().run(ops, seen);
      case Entry.Revoke(long lease) -> new Txn().revoke(lease, seen);
      case Entry.Compact(boolean atNewestDelete, long back) ->
          seen.add(compact(atNewestDelete ? newestDelete : head - back));
    }
    return seen;
  }

  private CompactOutcome compact(long revision) {
    if (revision <= compacted) {
      return new CompactOutcome.Compacted(compacted);
    }
    if (revision > head) {
      return new CompactOutcome.Future(head);
    }
    for (List<Event> gone : events.subMap(compacted, false, revision, true).values()) {
      for (Event event : gone) {
        historyBytes -= event.cost();
      }
    }
    compacted = revision;
    states.headMap(revision, false).clear();
    events.headMap(revision, false).clear();
    return new CompactOutcome.Done();
  }

  /// The changes of one entry.
  private final class Txn {
    private final NavigableMap<ByteString, KeyValue> before = stateAt(head);
    private final NavigableMap<ByteString, KeyValue> now = new TreeMap<>(before);
    private final List<Event> made = new ArrayList<>();
    private final long main = head + 1;

    void run(List<Op> ops, List<Object> seen) {
      for (Op op : ops) {
        switch (op) {
          case Op.Put(ByteString key, ByteString value, long lease) ->
              seen.add(put(key, value, lease));
          case Op.Delete(KeyRange range) -> seen.add(delete(range));
          case Op.ReadNow(RangeQuery query) -> seen.add(answer(now, query));
          case Op.ReadPast(RangeQuery query, long back) ->
              seen.add(readPast(query, Math.max(1, head - back)));
        }
      }
      end(seen);
    }

    private Object readPast(RangeQuery query, long revision) {
      if (revision < compacted) {
        return RevisionRefused.Kind.COMPACTED;
      }
      return answer(stateAt(revision), query);
    }

    void revoke(long lease, List<Object> seen) {
      List<ByteString> attached = new ArrayList<>();
      for (KeyValue kv : now.values()) {
        if (kv.lease() == lease) {
          attached.add(kv.key());
        }
      }
      seen.add(List.copyOf(attached));
      for (ByteString key : attached) {
        delete(KeyRange.single(key));
      }
      end(seen);
    }

    private Optional<KeyValue> put(ByteString key, ByteString value, long lease) {
      KeyValue old = now.get(key);
      KeyValue next =
          old == null
              ? new KeyValue(key, value, main, main, 1, lease)
              : new KeyValue(key, value, old.createRevision(), main, old.version() + 1, lease);
      now.put(key, next);
      note(Change.Kind.PUT, next, old, next.version() == 1);
      return Optional.ofNullable(old);
    }

    private DeleteResult delete(KeyRange range) {
      List<KeyValue> gone = new ArrayList<>();
      for (KeyValue kv : List.copyOf(now.values())) {
        if (range.contains(kv.key())) {
          gone.add(kv);
          now.remove(kv.key());
          KeyValue bare = new KeyValue(kv.key(), ByteString.EMPTY, 0, main, 0, 0);
          note(Change.Kind.DELETE, bare, kv, false);
          newestDelete = main;
        }
      }
      return new DeleteResult(gone.size(), gone);
    }

    private void note(Change.Kind kind, KeyValue next, @Nullable KeyValue old, boolean creation) {
      Optional<KeyValue> previous =
          creation ? Optional.empty() : Optional.ofNullable(before.get(next.key()));
      long cost =
          64L + next.key().size() + next.value().size() + (old == null ? 0 : old.value().size());
      made.add(new Event(new Change(kind, next, previous), cost));
    }

    private void end(List<Object> seen) {
      if (!made.isEmpty()) {
        head = main;
        states.put(main, now);
        events.put(main, made);
        for (Event event : made) {
          historyBytes += event.cost();
        }
      }
      seen.add(head);
    }
  }

  NavigableMap<ByteString, KeyValue> stateAt(long revision) {
    return states.floorEntry(revision).getValue();
  }

  RangeResult read(RangeQuery query, long revision) {
    return answer(stateAt(revision), query);
  }

  static RangeResult answer(NavigableMap<ByteString, KeyValue> state, RangeQuery query) {
    List<KeyValue> alive = new ArrayList<>();
    for (KeyValue kv : state.values()) {
      if (query.range().contains(kv.key())) {
        alive.add(kv);
      }
    }
    long count = alive.size();
    if (query.projection() == Projection.COUNT_ONLY) {
      return new RangeResult(List.of(), false, count);
    }
    alive.removeIf(kv -> !passes(kv, query));
    boolean filtered =
        query.minModRevision() != 0
            || query.maxModRevision() != 0
            || query.minCreateRevision() != 0
            || query.maxCreateRevision() != 0;
    long limit = query.limit() <= 0 ? Long.MAX_VALUE : query.limit();
    if (query.order() == SortOrder.NONE && !filtered && alive.size() > limit) {
      alive = new ArrayList<>(alive.subList(0, (int) limit + 1));
    }
    Comparator<KeyValue> order = comparator(query.target());
    alive.sort(query.order() == SortOrder.DESCEND ? order.reversed() : order);
    boolean more = alive.size() > limit;
    if (more) {
      alive = alive.subList(0, (int) limit);
    }
    return new RangeResult(alive.stream().map(kv -> project(kv, query)).toList(), more, count);
  }

  private static KeyValue project(KeyValue kv, RangeQuery query) {
    if (query.projection() == Projection.FULL) {
      return kv;
    }
    long lease = query.target() == SortTarget.VALUE ? kv.lease() : 0;
    return new KeyValue(
        kv.key(), ByteString.EMPTY, kv.createRevision(), kv.modRevision(), kv.version(), lease);
  }

  private static boolean passes(KeyValue kv, RangeQuery query) {
    return within(kv.modRevision(), query.minModRevision(), query.maxModRevision())
        && within(kv.createRevision(), query.minCreateRevision(), query.maxCreateRevision());
  }

  private static boolean within(long revision, long min, long max) {
    return (min == 0 || revision >= min) && (max == 0 || revision <= max);
  }

  private static Comparator<KeyValue> comparator(SortTarget target) {
    return switch (target) {
      case KEY -> Comparator.comparing(KeyValue::key, BYTES);
      case VERSION -> Comparator.comparingLong(KeyValue::version);
      case CREATE -> Comparator.comparingLong(KeyValue::createRevision);
      case MOD -> Comparator.comparingLong(KeyValue::modRevision);
      case VALUE -> Comparator.comparing(KeyValue::value, BYTES);
    };
  }

  /// All events from `revision` on.
  List<ChangeSet> eventsFrom(long revision) {
    List<ChangeSet> sets = new ArrayList<>();
    events
        .tailMap(revision, true)
        .forEach((main, made) -> sets.add(new ChangeSet(main, changes(made))));
    return sets;
  }

  private static List<Change> changes(List<Event> made) {
    return made.stream().map(Event::change).toList();
  }

  long liveKeys() {
    return stateAt(head).size();
  }

  long logicalBytes(int leases) {
    long live = 0;
    for (KeyValue kv : stateAt(head).values()) {
      live += 64 + kv.key().size() + kv.value().size();
    }
    return live + historyBytes + 64L * leases;
  }

  /// HashKV by the letter of mvcc.md §7.
  int hashKv(long revision) {
    long live = 0;
    for (KeyValue kv : stateAt(revision).values()) {
      live += hash(kv);
    }
    long sum = 0;
    for (List<Event> made : events.subMap(Math.max(compacted, 0), false, revision, true).values()) {
      for (int sub = 0; sub < made.size(); sub++) {
        sum += hash(made.get(sub).change(), sub);
      }
    }
    long z = mix(live ^ mix(sum + 0x51ed270bL)) ^ mix(31 * revision + compacted);
    int folded = (int) (z >>> 32) ^ (int) z;
    return folded == 0 ? 1 : folded;
  }

  private static long hash(KeyValue kv) {
    return h64(
        out -> {
          out.writeByte(1);
          out.writeByte(kv.key().size());
          kv.key().writeTo(out);
          out.writeLong(kv.createRevision());
          out.writeLong(kv.modRevision());
          out.writeLong(kv.version());
          out.writeLong(kv.lease());
          kv.value().writeTo(out);
        });
  }

  private static long hash(Change change, int sub) {
    if (change.kind() == Change.Kind.PUT) {
      return mix(hash(change.keyValue()) ^ mix(sub + 2L));
    }
    return h64(
        out -> {
          out.writeByte(3);
          out.writeLong(change.keyValue().modRevision());
          out.writeInt(sub);
          out.writeByte(change.keyValue().key().size());
          change.keyValue().key().writeTo(out);
        });
  }

  private interface Fields {
    void writeTo(DataOutputStream out) throws IOException;
  }

  private static long h64(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      fields.writeTo(new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    CRC32C castagnoli = new CRC32C();
    castagnoli.update(bytes.toByteArray());
    CRC32 ieee = new CRC32();
    ieee.update(bytes.toByteArray());
    return mix(
        (castagnoli.getValue() << 32 | ieee.getValue()) + 0x9e3779b97f4a7c15L * bytes.size());
  }

  private static long mix(long value) {
    long mixed = value;
    mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
    return mixed ^ mixed >>> 31;
  }
}
