package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// A log for model tests: entry i is a function of seed and i alone, so that it can be replayed
/// after a crash without having been kept. Revisions in it are relative to the head at apply.
final class LogScript {
  private static final long[] LEASES = {7, -1, Long.MIN_VALUE, Long.MAX_VALUE};

  private final long seed;
  private final List<ByteString> keys;
  private final double compactions;
  private final double deletes;
  private final boolean keysTwicePerRevision;

  LogScript(long seed) {
    SplittableRandom shape = new SplittableRandom(seed);
    this.seed = seed;
    this.keys = keys(new int[] {2, 4, 10, 30}[shape.nextInt(4)]);
    this.compactions = 0.002 + 0.05 * shape.nextDouble() * shape.nextDouble();
    this.deletes = 0.05 + 0.45 * shape.nextDouble();
    this.keysTwicePerRevision = shape.nextInt(3) == 0;
  }

  /// One log entry.
  sealed interface Entry {
    record Txn(List<Op> ops) implements Entry {}

    record Revoke(long lease) implements Entry {}

    /// Compacts at the newest delete, or `back` revisions before the head.
    record Compact(boolean atNewestDelete, long back) implements Entry {}
  }

  /// One operation of a transaction.
  sealed interface Op {
    record Put(ByteString key, ByteString value, long lease) implements Op {}

    record Delete(KeyRange range) implements Op {}

    record ReadNow(RangeQuery query) implements Op {}

    record ReadPast(RangeQuery query, long back) implements Op {}
  }

  private static List<ByteString> keys(int count) {
    List<ByteString> keys = new ArrayList<>();
    keys.add(ByteString.copyFrom(new byte[] {0}));
    keys.add(ByteString.copyFrom(new byte[] {(byte) 0xff, (byte) 0xff}));
    StringBuilder prefix = new StringBuilder("k");
    while (keys.size() < count) {
      keys.add(ByteString.copyFromUtf8(prefix + "/" + keys.size()));
      if (keys.size() % 4 == 0) {
        keys.add(ByteString.copyFromUtf8(prefix.toString()));
        prefix.append('k');
      }
    }
    return List.copyOf(keys.subList(0, count));
  }

  static long[] leases() {
    return LEASES.clone();
  }

  List<ByteString> keys() {
    return keys;
  }

  Entry entry(long index) {
    SplittableRandom random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + index);
    double kind = random.nextDouble();
    if (kind < compactions) {
      return new Entry.Compact(random.nextInt(5) == 0, random.nextInt(-1, 40));
    }
    if (kind < compactions + 0.01) {
      return new Entry.Revoke(lease(random));
    }
    List<Op> ops = new ArrayList<>();
    int count = random.nextInt(3) == 0 ? random.nextInt(2, 5) : 1;
    List<ByteString> used = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ops.add(op(random, used));
    }
    return new Entry.Txn(ops);
  }

  private Op op(SplittableRandom random, List<ByteString> used) {
    int kind = random.nextInt(10);
    if (kind == 0) {
      return new Op.ReadNow(query(random));
    }
    if (kind == 1) {
      return new Op.ReadPast(query(random), random.nextInt(8));
    }
    ByteString key = key(random);
    if (!keysTwicePerRevision && used.contains(key)) {
      return new Op.ReadNow(query(random));
    }
    used.add(key);
    if (random.nextDouble() < deletes) {
      boolean many = keysTwicePerRevision && random.nextInt(8) == 0;
      return new Op.Delete(many ? range(random) : KeyRange.single(key));
    }
    ByteString value = ByteString.copyFromUtf8("v".repeat(random.nextInt(12)));
    return new Op.Put(key, value, random.nextInt(4) == 0 ? lease(random) : 0);
  }

  ByteString key(SplittableRandom random) {
    return keys.get(random.nextInt(keys.size()));
  }

  private static long lease(SplittableRandom random) {
    return LEASES[random.nextInt(LEASES.length)];
  }

  KeyRange range(SplittableRandom random) {
    return switch (random.nextInt(6)) {
      case 0 -> KeyRange.all();
      case 1 -> KeyRange.single(key(random));
      case 2 -> KeyRange.of(key(random), ByteString.copyFrom(new byte[] {0}));
      default -> KeyRange.of(key(random), key(random));
    };
  }

  RangeQuery query(SplittableRandom random) {
    RangeQuery query = RangeQuery.all(range(random));
    if (random.nextBoolean()) {
      query = query.withLimit(random.nextInt(-1, 5));
    }
    if (random.nextInt(4) == 0) {
      SortTarget[] targets = SortTarget.values();
      SortOrder[] orders = SortOrder.values();
      query =
          query.sorted(
              targets[random.nextInt(targets.length)], orders[random.nextInt(orders.length)]);
    }
    if (random.nextInt(6) == 0) {
      query = query.withModRevisions(random.nextInt(-1, 30), random.nextInt(-1, 300));
    }
    if (random.nextInt(6) == 0) {
      query = query.withCreateRevisions(random.nextInt(-1, 30), random.nextInt(-1, 300));
    }
    if (random.nextInt(4) == 0) {
      Projection[] projections = Projection.values();
      query = query.withProjection(projections[random.nextInt(projections.length)]);
    }
    return query;
  }
}
