package io.kvorum.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.event.KeyValuePair;

/// What every form of log line shows.
///
/// @param logger only for lines of libraries: our own are told by their caller
record LogLine(
    String level,
    String time,
    Optional<String> logger,
    String caller,
    String message,
    List<Field> fields) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSX", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final String OWN = "io.kvorum.";

  LogLine {
    fields = List.copyOf(fields);
  }

  /// One key with its value: a boolean, a number, a collection, or anything with a text.
  record Field(String key, Object value) {}

  static LogLine of(ILoggingEvent event) {
    String name = event.getLoggerName();
    return new LogLine(
        event.getLevel().toString().toLowerCase(Locale.ROOT),
        TIME.format(event.getInstant()),
        name.startsWith(OWN) ? Optional.empty() : Optional.of(name),
        caller(event),
        String.valueOf(event.getFormattedMessage()),
        fields(event));
  }

  private static String caller(ILoggingEvent event) {
    StackTraceElement[] frames = event.getCallerData();
    if (frames == null || frames.length == 0) {
      return "unknown:0";
    }
    String type = frames[0].getClassName();
    int end = type.lastIndexOf('.');
    String folder = end < 0 ? "" : type.substring(type.lastIndexOf('.', end - 1) + 1, end) + "/";
    return folder + frames[0].getFileName() + ":" + frames[0].getLineNumber();
  }

  private static List<Field> fields(ILoggingEvent event) {
    List<Field> fields = new ArrayList<>();
    boolean hasError = false;
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        hasError |= pair.key.equals("error");
        fields.add(new Field(pair.key, plain(pair.value)));
      }
    }
    if (event.getThrowableProxy() != null) {
      if (!hasError) {
        fields.add(new Field("error", String.valueOf(event.getThrowableProxy().getMessage())));
      }
      if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
        fields.add(new Field("stacktrace", ThrowableProxyUtil.asString(event.getThrowableProxy())));
      }
    }
    return fields;
  }

  private static Object plain(Object value) {
    return switch (value) {
      case null -> "";
      case Duration duration -> text(duration);
      case Path path -> path.toString(); // iterable, but one name
      case Object other -> other;
    };
  }

  /// A duration in seconds or, below one, in milliseconds: `1.5s`, `20ms`.
  private static String text(Duration duration) {
    if (duration.toSeconds() == 0) {
      return duration.toMillis() + "ms";
    }
    String seconds = Double.toString(duration.toMillis() / 1000.0);
    return (seconds.endsWith(".0") ? seconds.substring(0, seconds.length() - 2) : seconds) + "s";
  }
}
