package io.kvorum.mvcc.rocks;

import io.kvorum.invariant.Invariant;
import org.jspecify.annotations.Nullable;

/// The family `meta`: `state`, and small replicated facts under names of their owners.
public final class MetaTable {
  private MetaTable() {}

  /// The state of a store, [StateRecord#EMPTY] before its first batch.
  public static StateRecord state(StateView view) {
    byte[] bytes = view.get(Family.META, KeyLayout.stateKey());
    return bytes == null ? StateRecord.EMPTY : StateRecord.parse(bytes);
  }

  public static byte @Nullable [] get(StateView view, String name) {
    return view.get(Family.META, ownKey(name));
  }

  public static void put(StateBatch batch, String name, byte[] value) {
    batch.put(Family.META, ownKey(name), value);
  }

  public static void remove(StateBatch batch, String name) {
    batch.remove(Family.META, ownKey(name));
  }

  private static byte[] ownKey(String name) {
    Invariant.check(
        !name.isEmpty() && !name.equals(KeyLayout.STATE), "meta name '%s' is not free", name);
    return KeyLayout.metaKey(name);
  }
}
