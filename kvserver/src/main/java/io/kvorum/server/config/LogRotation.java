package io.kvorum.server.config;

import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// When a log file is put aside and how long the old ones stay: 0 means without limit.
///
/// @param maxMegabytes size at which the file is put aside
/// @param maxAgeDays age at which an old file is deleted
/// @param maxBackups how many old files are kept
public record LogRotation(
    int maxMegabytes, int maxAgeDays, int maxBackups, boolean localTime, boolean compress) {
  static final String DEFAULT_JSON =
      "{\"maxsize\": 100, \"maxage\": 0, \"maxbackups\": 0, \"localtime\": false, \"compress\":"
          + " false}";
  private static final int DEFAULT_MEGABYTES = 100;

  /// Reads the JSON of `--log-rotation-config-json`, which is a subset of YAML.
  static LogRotation parse(String json) throws Refusal {
    Object tree;
    try {
      tree = new Load(LoadSettings.builder().build()).loadFromString(json);
    } catch (YamlEngineException e) {
      throw Refusal.invalid("improper log rotation JSON: " + firstLine(e));
    }
    if (!(tree instanceof Map<?, ?> map)) {
      throw Refusal.invalid("improper log rotation JSON: not an object");
    }
    int megabytes = number(map, "maxsize");
    return new LogRotation(
        megabytes == 0 ? DEFAULT_MEGABYTES : megabytes,
        number(map, "maxage"),
        number(map, "maxbackups"),
        isOn(map, "localtime"),
        isOn(map, "compress"));
  }

  private static int number(Map<?, ?> map, String key) throws Refusal {
    Object value = map.get(key);
    if (value == null) {
      return 0;
    }
    if (value instanceof Integer number && number >= 0) {
      return number;
    }
    throw Refusal.invalid("invalid log rotation value: " + key);
  }

  private static boolean isOn(Map<?, ?> map, String key) throws Refusal {
    Object value = map.get(key);
    if (value == null) {
      return false;
    }
    if (value instanceof Boolean on) {
      return on;
    }
    throw Refusal.invalid("invalid log rotation value: " + key);
  }

  private static String firstLine(YamlEngineException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("unreadable");
  }
}
