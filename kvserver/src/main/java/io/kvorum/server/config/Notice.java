package io.kvorum.server.config;

import java.util.List;

/// Something to log once logging is set up: a constant message with its data.
public record Notice(Severity severity, String message, List<Field> fields) {

  /// How much it matters. `FATAL` comes with the end of the process.
  public enum Severity {
    INFO,
    WARN,
    FATAL
  }

  /// One key with its value.
  public record Field(String key, String value) {}

  public Notice {
    fields = List.copyOf(fields);
  }

  static Notice info(String message, Field... fields) {
    return new Notice(Severity.INFO, message, List.of(fields));
  }

  static Notice warn(String message, Field... fields) {
    return new Notice(Severity.WARN, message, List.of(fields));
  }

  static Notice fatal(String message, Field... fields) {
    return new Notice(Severity.FATAL, message, List.of(fields));
  }

  static Field field(String key, String value) {
    return new Field(key, value);
  }
}
