package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import java.util.List;

/// The few keys and values of the scripts, so that requests meet each other.
final class Keys {
  static final ByteString ZERO = bytes(0);

  /// Written only to learn when all earlier events must have arrived.
  static final ByteString MARKER = ByteString.copyFromUtf8("~marker");

  /// Prefixes of each other, the smallest key, bytes above 0x7f.
  static final List<ByteString> ALL =
      List.of(
          ZERO,
          bytes(0, 0),
          text("a"),
          bytes('a', 0),
          text("aa"),
          text("ab"),
          text("b"),
          text("ba"),
          text("bb"),
          text("c"),
          text("d/1"),
          text("d/2"),
          text("d/3"),
          bytes(0x7f),
          bytes(0x80),
          bytes(0xff),
          bytes(0xff, 0xff));

  static final List<ByteString> VALUES =
      List.of(ByteString.EMPTY, text("v"), text("w"), bytes(0), bytes(0xff), text("value"));

  private Keys() {}

  private static ByteString text(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  /// The end of the range of all keys with this prefix, as clients compute it (api.md §3.1).
  static ByteString prefixEnd(ByteString prefix) {
    for (int i = prefix.size() - 1; i >= 0; i--) {
      if (prefix.byteAt(i) != (byte) 0xff) {
        return prefix
            .substring(0, i)
            .concat(ByteString.copyFrom(new byte[] {(byte) (prefix.byteAt(i) + 1)}));
      }
    }
    return ZERO;
  }
}
