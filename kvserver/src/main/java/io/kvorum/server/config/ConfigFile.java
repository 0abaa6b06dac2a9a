package io.kvorum.server.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/// etcd's YAML (or JSON) configuration file. Keys are flag names in any case, unknown ones are
/// ignored, durations are integers of nanoseconds, and a few settings sit in nested maps.
final class ConfigFile {
  private static final int MAX_BYTES = 1 << 20;

  /// Nested map → what its keys are called as flags.
  private static final Map<String, Map<String, String>> NESTED =
      Map.of(
          "client-transport-security",
          Map.of("allowed-hostname", "client-cert-allowed-hostname", "crl-file", "client-crl-file"),
          "peer-transport-security",
          Map.of(
              "cert-file", "peer-cert-file",
              "key-file", "peer-key-file",
              "client-cert-file", "peer-client-cert-file",
              "client-key-file", "peer-client-key-file",
              "client-cert-auth", "peer-client-cert-auth",
              "trusted-ca-file", "peer-trusted-ca-file",
              "auto-tls", "peer-auto-tls",
              "allowed-cn", "peer-cert-allowed-cn",
              "allowed-hostname", "peer-cert-allowed-hostname",
              "skip-client-san-verification", "peer-skip-client-san-verification"),
          "socket-options",
          Map.of("reuse-port", "socket-reuse-port", "reuse-address", "socket-reuse-address"),
          "discovery-config",
          Map.of("token", "discovery-token"),
          "client",
          Map.of(
              "endpoints", "discovery-endpoints",
              "dial-timeout", "discovery-dial-timeout",
              "request-timeout", "discovery-request-timeout",
              "keepalive-time", "discovery-keepalive-time",
              "keepalive-timeout", "discovery-keepalive-timeout"),
          "secure",
          Map.of(
              "cert", "discovery-cert",
              "key", "discovery-key",
              "cacert", "discovery-cacert",
              "insecure-transport", "discovery-insecure-transport",
              "insecure-skip-tls-verify", "discovery-insecure-skip-tls-verify"),
          "auth",
          Map.of("username", "discovery-user", "password", "discovery-password"));

  private final FlagTable table;
  private final NavigableMap<String, String> texts = new TreeMap<>();

  private ConfigFile(FlagTable table) {
    this.table = table;
  }

  static NavigableMap<String, String> read(Path path, FlagTable table) throws Refusal {
    ConfigFile file = new ConfigFile(table);
    if (load(path) instanceof Map<?, ?> map) {
      file.addAll(map, Map.of());
    }
    return file.texts;
  }

  private static Object load(Path path) throws Refusal {
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw unreadable(path, "larger than 1 MiB");
      }
      String text = Files.readString(path, StandardCharsets.UTF_8);
      Object tree = new Load(LoadSettings.builder().build()).loadFromString(text);
      if (tree != null && !(tree instanceof Map<?, ?>)) {
        throw unreadable(path, "not a map of settings");
      }
      return tree == null ? Map.of() : tree;
    } catch (IOException | YamlEngineException e) {
      throw unreadable(path, e.toString().lines().findFirst().orElse("unreadable"));
    }
  }

  private static Refusal unreadable(Path path, String error) {
    return Refusal.because(
        Notice.fatal(
            "failed to load the configuration file",
            Notice.field("path", path.toString()),
            Notice.field("error", error)));
  }

  private void addAll(Map<?, ?> map, Map<String, String> names) throws Refusal {
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String key = String.valueOf(entry.getKey()).toLowerCase(Locale.ROOT);
      if (entry.getValue() instanceof Map<?, ?> nested) {
        addNested(key, nested);
        continue;
      }
      Optional<Flag> flag = table.find(names.getOrDefault(key, key));
      if (flag.isPresent() && entry.getValue() != null) {
        texts.put(flag.get().name(), text(flag.get(), entry.getValue()));
      }
    }
  }

  private void addNested(String key, Map<?, ?> nested) throws Refusal {
    Map<String, String> names = NESTED.get(key);
    if (names != null) {
      addAll(nested, names);
    }
  }

  private static String text(Flag flag, Object value) throws Refusal {
    String text =
        switch (value) {
          case List<?> list -> String.join(",", list.stream().map(String::valueOf).toList());
          case Number number when flag.kind() == FlagKind.DURATION ->
              GoDuration.format(Duration.ofNanos(number.longValue()));
          default -> String.valueOf(value);
        };
    boolean wordedDuration = flag.kind() == FlagKind.DURATION && !(value instanceof Number);
    Optional<String> problem =
        wordedDuration
            ? Optional.of("durations are integers of nanoseconds in this file")
            : GoFlagSyntax.problemWith(flag, text);
    if (problem.isPresent()) {
      throw Refusal.invalid("config file: " + flag.name() + ": " + problem.get());
    }
    return text;
  }
}
