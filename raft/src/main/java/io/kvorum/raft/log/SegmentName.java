package io.kvorum.raft.log;

import java.util.HexFormat;
import java.util.OptionalLong;

/// The names of the files in a log directory; listed in decision 4.
final class SegmentName {
  static final String SPARE = "spare";
  static final String BALLAST = "ballast";
  static final String EPOCH = "epoch";
  static final String LOCK = "lock";
  static final String TEMPORARY = ".tmp";
  static final String TORN = "torn-";

  private static final String SUFFIX = ".segment";
  private static final HexFormat HEX = HexFormat.of();

  private SegmentName() {}

  static String of(long number) {
    return HEX.toHexDigits(number) + SUFFIX;
  }

  /// The number in a segment's name, or nothing if it is the name of something else.
  static OptionalLong number(String name) {
    int digits = name.length() - SUFFIX.length();
    if (digits != 16 || !name.endsWith(SUFFIX)) {
      return OptionalLong.empty();
    }
    for (int i = 0; i < digits; i++) {
      if (!HexFormat.isHexDigit(name.charAt(i))) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(HexFormat.fromHexDigitsToLong(name, 0, digits));
  }

  static String torn(long number, long offset) {
    return TORN + HEX.toHexDigits(number) + "-" + HEX.toHexDigits(offset, 8);
  }
}
