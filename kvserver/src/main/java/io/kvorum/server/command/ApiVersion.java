package io.kvorum.server.command;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A version of the API, which all patches of a minor release share.
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {
  private static final Pattern TEXT = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})\\..*");
  private static final Comparator<ApiVersion> ORDER =
      Comparator.comparingInt(ApiVersion::major).thenComparingInt(ApiVersion::minor);

  /// Reads `major.minor.patch`; empty for anything else.
  public static Optional<ApiVersion> of(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(
            new ApiVersion(Integer.parseInt(parts.group(1)), Integer.parseInt(parts.group(2))))
        : Optional.empty();
  }

  @Override
  public int compareTo(ApiVersion other) {
    return ORDER.compare(this, other);
  }

  /// As clusters store it: `major.minor.0`.
  @Override
  public String toString() {
    return major + "." + minor + ".0";
  }
}
