package io.kvorum.mvcc.rocks;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Stored rows with the current batch's pending rows laid over them: a pending row hides the stored
/// one of the same key, a pending removal hides it without a trace.
final class OverlayCursor implements RowCursor {
  private final RowCursor stored;
  private final Iterator<Map.Entry<byte[], byte[]>> pending;

  // Heads of both inputs; null where that input is exhausted. Kept so that each key is copied once.
  private byte @Nullable [] storedKey;
  private Map.@Nullable Entry<byte[], byte[]> pendingRow;
  private boolean onPending;

  OverlayCursor(RowCursor stored, Iterator<Map.Entry<byte[], byte[]>> pending) {
    this.stored = stored;
    this.pending = pending;
    this.storedKey = stored.isValid() ? stored.key() : null;
    this.pendingRow = pending.hasNext() ? pending.next() : null;
    settle();
  }

  /// Chooses the smaller head; drops hidden rows on the way.
  private void settle() {
    while (pendingRow != null) {
      int order = storedKey == null ? -1 : Arrays.compareUnsigned(pendingRow.getKey(), storedKey);
      if (order > 0) {
        onPending = false;
        return;
      }
      if (order == 0) {
        advanceStored();
      }
      if (!StateBatch.isRemoved(pendingRow.getValue())) {
        onPending = true;
        return;
      }
      advancePending();
    }
    onPending = false;
  }

  private void advanceStored() {
    stored.next();
    storedKey = stored.isValid() ? stored.key() : null;
  }

  private void advancePending() {
    pendingRow = pending.hasNext() ? pending.next() : null;
  }

  @Override
  public boolean isValid() {
    return onPending || storedKey != null;
  }

  @Override
  public void next() {
    if (onPending) {
      advancePending();
    } else {
      advanceStored();
    }
    settle();
  }

  @Override
  public byte[] key() {
    byte[] key = onPending && pendingRow != null ? pendingRow.getKey() : storedKey;
    if (key == null) {
      throw new IllegalStateException("the cursor is past its end");
    }
    return key;
  }

  @Override
  public byte[] value() {
    return onPending && pendingRow != null ? pendingRow.getValue() : stored.value();
  }

  @Override
  public void close() {
    stored.close();
  }
}
