package io.kvorum.server.config;

import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The `ETCD_*` environment variables. An empty one counts as unset; one that names no flag is only
/// warned about, because deployments export extra ones.
final class Environment {
  private static final String PREFIX = "ETCD_";

  private Environment() {}

  /// Adds to `texts` what the environment sets. `fromCommandLine` are the flags already given: one
  /// that is in both places stops the start, because the operator cannot mean both.
  static NavigableMap<String, String> read(
      Map<String, String> variables,
      FlagTable table,
      Map<String, String> fromCommandLine,
      List<Notice> notices)
      throws Refusal {
    NavigableMap<String, String> rest = new TreeMap<>(variables);
    NavigableMap<String, String> texts = new TreeMap<>();
    for (Flag flag : table.all()) {
      String variable = flag.environmentName();
      String text = rest.remove(variable);
      if (text == null || text.isEmpty()) {
        continue;
      }
      if (flag.name().equals("version")) {
        notices.add(unrecognized(variable));
        continue;
      }
      if (fromCommandLine.containsKey(flag.name())) {
        throw Refusal.because(
            Notice.fatal(
                "conflicting environment variable is shadowed by corresponding command-line flag"
                    + " (either unset environment variable or disable flag))",
                Notice.field("environment-variable", variable)));
      }
      texts.put(flag.name(), checked(flag, variable, text));
      notices.add(
          Notice.info(
              "recognized and used environment variable",
              Notice.field("variable-name", variable),
              Notice.field("variable-value", flag.name().endsWith("password") ? "***" : text)));
    }
    rest.keySet().stream()
        .filter(name -> name.startsWith(PREFIX))
        .forEach(name -> notices.add(unrecognized(name)));
    return texts;
  }

  private static String checked(Flag flag, String variable, String text) throws Refusal {
    Optional<String> problem = GoFlagSyntax.problemWith(flag, text);
    if (problem.isPresent()) {
      throw Refusal.because(
          Notice.fatal(
              "failed to set flag from environment",
              Notice.field("environment-variable", variable),
              Notice.field("error", problem.get())));
    }
    return text;
  }

  private static Notice unrecognized(String variable) {
    return Notice.warn(
        "unrecognized environment variable", Notice.field("environment-variable", variable));
  }
}
