package io.kvorum.mvcc.rocks;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The family `lease`: one row per lease, and one per key attached to it.
///
/// ```
/// L | id 8 B             format 1 B = 1 | ttl seconds 8 B | remaining milliseconds 8 B | generation 8 B
/// A | id 8 B | user key  01
/// ```
///
/// Invariant: `A`‖id‖k exists exactly if the live record of k names that lease.
public final class LeaseTable {
  private static final int FORMAT = 1;
  private static final int FIELDS = 3;
  private static final byte[] ATTACHED = {1};
  private static final byte[] FIRST_LEASE = {'L'};
  private static final byte[] AFTER_LEASES = {'L' + 1};

  private LeaseTable() {}

  /// The stored facts of one lease.
  public record Row(long id, long ttlSeconds, long remainingMillis, long generation) {}

  public static @Nullable Row get(StateView view, long id) {
    byte[] value = view.get(Family.LEASE, KeyLayout.leaseKey(id));
    return value == null ? null : parse(id, value);
  }

  public static void put(StateBatch batch, Row lease) {
    ByteWriter out = new ByteWriter(1 + FIELDS * Long.BYTES);
    out.u8(FORMAT);
    out.f64(lease.ttlSeconds());
    out.f64(lease.remainingMillis());
    out.f64(lease.generation());
    batch.put(Family.LEASE, KeyLayout.leaseKey(lease.id()), out.filled());
  }

  public static void remove(StateBatch batch, long id) {
    batch.remove(Family.LEASE, KeyLayout.leaseKey(id));
  }

  /// All leases in the order of their ids as unsigned numbers.
  public static List<Row> all(StateView view) {
    List<Row> leases = new ArrayList<>();
    try (RowCursor rows = view.scan(Family.LEASE, FIRST_LEASE, AFTER_LEASES)) {
      while (rows.isValid()) {
        leases.add(parse(KeyLayout.leaseId(rows.key()), rows.value()));
        rows.next();
      }
    }
    return leases;
  }

  public static void attach(StateBatch batch, long leaseId, byte[] userKey) {
    batch.put(Family.LEASE, KeyLayout.attachmentKey(leaseId, userKey), ATTACHED);
  }

  public static void detach(StateBatch batch, long leaseId, byte[] userKey) {
    batch.remove(Family.LEASE, KeyLayout.attachmentKey(leaseId, userKey));
  }

  /// The user keys attached to a lease, ascending.
  public static List<byte[]> attachedKeys(StateView view, long leaseId) {
    List<byte[]> keys = new ArrayList<>();
    byte[] prefix = KeyLayout.attachmentPrefix(leaseId);
    try (RowCursor rows = view.scan(Family.LEASE, prefix, KeyLayout.prefixEnd(prefix))) {
      while (rows.isValid()) {
        keys.add(KeyLayout.attachedUserKey(rows.key()));
        rows.next();
      }
    }
    return keys;
  }

  private static Row parse(long id, byte[] value) {
    ByteReader in = new ByteReader(value, 0, value.length);
    int format = in.u8();
    if (format != FORMAT) {
      throw StorageFailure.damaged("lease of format %d", format);
    }
    Row lease = new Row(id, in.f64(), in.f64(), in.f64());
    in.expectEnd();
    return lease;
  }
}
