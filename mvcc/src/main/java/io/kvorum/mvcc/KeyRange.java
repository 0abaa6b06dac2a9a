package io.kvorum.mvcc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.rocks.KeyLayout;
import java.util.Comparator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A half-open interval of keys in unsigned byte order.
///
/// @param end exclusive; empty if the range has no upper bound
public record KeyRange(ByteString start, Optional<ByteString> end) {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});
  private static final Comparator<ByteString> ORDER =
      ByteString.unsignedLexicographicalComparator();

  /// The range that a request means by `key` and `rangeEnd` (etcd API: range bounds): an empty end
  /// is the single key, one zero byte is no upper bound, an end at or below the key is no key at
  /// all.
  public static KeyRange of(ByteString key, ByteString rangeEnd) {
    if (rangeEnd.isEmpty()) {
      return single(key);
    }
    return new KeyRange(key, rangeEnd.equals(ZERO) ? Optional.empty() : Optional.of(rangeEnd));
  }

  public static KeyRange single(ByteString key) {
    return new KeyRange(key, Optional.of(key.concat(ZERO)));
  }

  /// Every key.
  public static KeyRange all() {
    return new KeyRange(ByteString.EMPTY, Optional.empty());
  }

  /// Whether no key can be in the range.
  public boolean isEmpty() {
    return end.isPresent() && ORDER.compare(start, end.get()) >= 0;
  }

  public boolean isSingleKey() {
    if (end.isEmpty()) {
      return false;
    }
    ByteString bound = end.get();
    return bound.size() == start.size() + 1
        && bound.byteAt(start.size()) == 0
        && bound.startsWith(start);
  }

  public boolean contains(ByteString key) {
    return ORDER.compare(start, key) <= 0 && (end.isEmpty() || ORDER.compare(key, end.get()) < 0);
  }

  /// The part of this range that comes after `key`.
  KeyRange after(ByteString key) {
    return new KeyRange(key.concat(ZERO), end);
  }

  byte[] startBytes() {
    return start.toByteArray();
  }

  /// For the storage layer, which knows no `Optional`: `null` is no bound.
  byte @Nullable [] endBytes() {
    return end.isPresent() ? end.get().toByteArray() : null;
  }

  /// [#contains(ByteString)] for the storage layer's bytes; `startBytes` and `endBytes` are this
  /// range's own.
  static boolean contains(byte[] startBytes, byte @Nullable [] endBytes, byte[] key) {
    return !KeyLayout.isBefore(key, startBytes) && KeyLayout.isBefore(key, endBytes);
  }
}
