package io.kvorum.client;

import com.google.protobuf.ByteString;

/// Which keys a request is about, in the API's terms: an empty `end` means the one key `key`, an
/// end of one zero byte every key from `key` on, any other the keys of `[key, end)`.
public record KeyRange(ByteString key, ByteString end) {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

  public static KeyRange key(ByteString key) {
    return new KeyRange(key, ByteString.EMPTY);
  }

  public static KeyRange key(String key) {
    return key(ByteString.copyFromUtf8(key));
  }

  /// Every key that begins with `prefix`; with an empty one, every key.
  public static KeyRange prefix(ByteString prefix) {
    return prefix.isEmpty() ? from(ZERO) : new KeyRange(prefix, afterPrefix(prefix));
  }

  public static KeyRange prefix(String prefix) {
    return prefix(ByteString.copyFromUtf8(prefix));
  }

  /// Every key that is `first` or greater.
  public static KeyRange from(ByteString first) {
    return new KeyRange(first, ZERO);
  }

  /// Every key of `[first, end)`.
  public static KeyRange between(ByteString first, ByteString end) {
    return new KeyRange(first, end);
  }

  public static KeyRange all() {
    return from(ZERO);
  }

  /// The smallest key above all that begin with `prefix`: its last byte below 0xFF, plus one.
  private static ByteString afterPrefix(ByteString prefix) {
    int last = prefix.size() - 1;
    while (last >= 0 && prefix.byteAt(last) == (byte) 0xFF) {
      last--;
    }
    if (last < 0) {
      return ZERO;
    }
    byte[] end = prefix.substring(0, last + 1).toByteArray();
    end[last]++;
    return ByteString.copyFrom(end);
  }
}
