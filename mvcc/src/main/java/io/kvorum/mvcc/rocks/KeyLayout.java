package io.kvorum.mvcc.rocks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The keys of the families that are not raw user keys, and the two orders on bytes they rely on.
///
/// ```
/// history     main 8 B | sub 4 B                 big-endian
/// lease       'L' | id 8 B
/// attachment  'A' | id 8 B | user key
/// ```
public final class KeyLayout {
  /// The key of [StateRecord] in `meta`.
  public static final String STATE = "state";

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final int LEASE_PREFIX_BYTES = 1 + Long.BYTES;
  private static final int HISTORY_KEY_BYTES = Long.BYTES + Integer.BYTES;

  private KeyLayout() {}

  public static byte[] historyKey(long main, int sub) {
    byte[] key = new byte[HISTORY_KEY_BYTES];
    LONG.set(key, 0, main);
    INT.set(key, Long.BYTES, sub);
    return key;
  }

  static long historyMain(byte[] key) {
    checkHistoryKey(key);
    return (long) LONG.get(key, 0);
  }

  static int historySub(byte[] key) {
    checkHistoryKey(key);
    return (int) INT.get(key, Long.BYTES);
  }

  private static void checkHistoryKey(byte[] key) {
    if (key.length != HISTORY_KEY_BYTES) {
      throw StorageFailure.damaged("history key of %d bytes", key.length);
    }
  }

  public static byte[] stateKey() {
    return metaKey(STATE);
  }

  static byte[] metaKey(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }

  static String metaName(byte[] key) {
    return new String(key, StandardCharsets.UTF_8);
  }

  static byte[] leaseKey(long id) {
    byte[] key = new byte[LEASE_PREFIX_BYTES];
    key[0] = 'L';
    putF64(key, 1, id);
    return key;
  }

  static byte[] attachmentPrefix(long leaseId) {
    byte[] prefix = leaseKey(leaseId);
    prefix[0] = 'A';
    return prefix;
  }

  static byte[] attachmentKey(long leaseId, byte[] userKey) {
    byte[] key = Arrays.copyOf(attachmentPrefix(leaseId), LEASE_PREFIX_BYTES + userKey.length);
    System.arraycopy(userKey, 0, key, LEASE_PREFIX_BYTES, userKey.length);
    return key;
  }

  static byte[] attachedUserKey(byte[] attachmentKey) {
    return Arrays.copyOfRange(attachmentKey, LEASE_PREFIX_BYTES, attachmentKey.length);
  }

  static long leaseId(byte[] leaseKey) {
    return f64(leaseKey, 1);
  }

  static long f64(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }

  static void putF64(byte[] bytes, int at, long value) {
    LONG.set(bytes, at, value);
  }

  /// The smallest key greater than `key`.
  public static byte[] successor(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }

  /// The smallest key greater than all that start with `prefix`, or `null` if there is none.
  static byte @Nullable [] prefixEnd(byte[] prefix) {
    for (int last = prefix.length - 1; last >= 0; last--) {
      if (prefix[last] != (byte) 0xff) {
        byte[] end = Arrays.copyOf(prefix, last + 1);
        end[last]++;
        return end;
      }
    }
    return null;
  }

  /// Whether `key` comes before the exclusive bound `end`, where `null` is no bound.
  public static boolean isBefore(byte[] key, byte @Nullable [] end) {
    return end == null || Arrays.compareUnsigned(key, end) < 0;
  }
}
