package io.kvorum.mvcc.rocks;

import org.jspecify.annotations.Nullable;

/// The family `auth`: users, roles and switches under keys and bytes of the auth store's own.
public final class AuthTable {
  private static final byte[] FIRST = {};

  private AuthTable() {}

  public static byte @Nullable [] get(StateView view, byte[] key) {
    return view.get(Family.AUTH, key);
  }

  public static void put(StateBatch batch, byte[] key, byte[] value) {
    batch.put(Family.AUTH, key, value);
  }

  public static void remove(StateBatch batch, byte[] key) {
    batch.remove(Family.AUTH, key);
  }

  /// All rows in key order. The caller closes the cursor.
  public static RowCursor all(StateView view) {
    return view.scan(Family.AUTH, FIRST, null);
  }
}
