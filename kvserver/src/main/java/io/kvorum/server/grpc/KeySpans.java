package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import java.util.Comparator;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;

/// A set of keys given as spans `[start, end)`, kept disjoint: adding spans that touch joins them.
/// Used by one thread, for one request.
final class KeySpans {

  private static final Comparator<ByteString> KEY_ORDER =
      ByteString.unsignedLexicographicalComparator();
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});

  private final TreeMap<ByteString, ByteString> endByStart = new TreeMap<>(KEY_ORDER);

  /// Start of the span without an end, if there is one; no other span reaches beyond it.
  private Optional<ByteString> openStart = Optional.empty();

  /// Adds the keys that the API means by `key` and `rangeEnd`: one key, `[key, rangeEnd)`, or
  /// everything from `key` on if `rangeEnd` is one zero byte.
  void add(ByteString key, ByteString rangeEnd) {
    if (rangeEnd.equals(ZERO)) {
      addOpen(key);
    } else {
      addSpan(key, rangeEnd.isEmpty() ? key.concat(ZERO) : rangeEnd);
    }
  }

  /// Adds all keys of `others`. Costs as much as `others` has spans.
  void addAll(KeySpans others) {
    others.endByStart.forEach(this::addSpan);
    others.openStart.ifPresent(this::addOpen);
  }

  int spanCount() {
    return endByStart.size() + (openStart.isPresent() ? 1 : 0);
  }

  boolean contains(ByteString key) {
    if (openStart.isPresent() && KEY_ORDER.compare(key, openStart.get()) >= 0) {
      return true;
    }
    Map.Entry<ByteString, ByteString> span = endByStart.floorEntry(key);
    return span != null && KEY_ORDER.compare(key, span.getValue()) < 0;
  }

  /// Tells whether one of `keys` (in key order) is in the set; walks whichever side is shorter.
  boolean containsAnyOf(NavigableSet<ByteString> keys) {
    if (keys.size() <= spanCount()) {
      return keys.stream().anyMatch(this::contains);
    }
    if (openStart.isPresent() && KEY_ORDER.compare(keys.last(), openStart.get()) >= 0) {
      return true;
    }
    for (Map.Entry<ByteString, ByteString> span : endByStart.entrySet()) {
      ByteString first = keys.ceiling(span.getKey());
      if (first != null && KEY_ORDER.compare(first, span.getValue()) < 0) {
        return true;
      }
    }
    return false;
  }

  private void addOpen(ByteString start) {
    if (openStart.isEmpty() || KEY_ORDER.compare(start, openStart.get()) < 0) {
      openStart = Optional.of(start);
    }
  }

  private void addSpan(ByteString start, ByteString end) {
    if (KEY_ORDER.compare(start, end) >= 0) {
      return;
    }
    ByteString first = start;
    ByteString last = end;
    Map.Entry<ByteString, ByteString> touching = endByStart.floorEntry(last);
    while (touching != null && KEY_ORDER.compare(touching.getValue(), first) >= 0) {
      first = earlier(first, touching.getKey());
      last = later(last, touching.getValue());
      endByStart.remove(touching.getKey());
      touching = endByStart.floorEntry(last);
    }
    endByStart.put(first, last);
  }

  private static ByteString earlier(ByteString a, ByteString b) {
    return KEY_ORDER.compare(a, b) <= 0 ? a : b;
  }

  private static ByteString later(ByteString a, ByteString b) {
    return KEY_ORDER.compare(a, b) >= 0 ? a : b;
  }
}
