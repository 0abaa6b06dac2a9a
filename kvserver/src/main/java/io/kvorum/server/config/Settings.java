package io.kvorum.server.config;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The texts that were given, over the defaults of the flag table. Every text has been checked
/// against its kind, so that reading one cannot fail.
final class Settings {
  private final FlagTable table;
  private final NavigableMap<String, String> given;

  Settings(FlagTable table, NavigableMap<String, String> given) {
    this.table = table;
    this.given = Collections.unmodifiableNavigableMap(new TreeMap<>(given));
  }

  NavigableMap<String, String> given() {
    return given;
  }

  boolean isGiven(String name) {
    return given.containsKey(name);
  }

  String text(String name) {
    String value = given.get(name);
    return value != null ? value : table.find(name).orElseThrow().initial();
  }

  boolean isOn(String name) {
    return FlagKind.parseBool(text(name)).orElseThrow();
  }

  /// A number; larger ones than a `long` holds become the largest.
  long number(String name) {
    BigInteger value = FlagKind.integer(text(name)).orElseThrow();
    return value.min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
  }

  int smallNumber(String name) {
    return Math.clamp(number(name), Integer.MIN_VALUE, Integer.MAX_VALUE);
  }

  Duration duration(String name) {
    return GoDuration.parse(text(name)).orElseThrow();
  }

  Duration millis(String name) {
    return Duration.ofMillis(number(name));
  }

  List<ListenUrl> urls(String name) {
    try {
      return UrlList.parse(text(name));
    } catch (UrlList.BadUrl e) {
      throw new IllegalStateException("unchecked text of " + name, e);
    }
  }

  /// Comma separated words; none when the text is empty.
  List<String> words(String name) {
    return Arrays.stream(text(name).split(",", -1))
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }
}
