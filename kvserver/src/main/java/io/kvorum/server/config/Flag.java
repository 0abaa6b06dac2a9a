package io.kvorum.server.config;

import java.util.List;
import java.util.Locale;

/// One row of the flag table. `initial` is the text of the default; `choices` is empty when any
/// text of the kind will do.
record Flag(
    String name, FlagKind kind, String initial, Policy policy, List<String> choices, String help) {

  /// What becomes of a value that is not the default.
  sealed interface Policy {
    /// It has its effect.
    record Effective() implements Policy {}

    /// Accepted with one warning; `why` says why it needs no effect here.
    record Ignored(String why) implements Policy {}

    /// A start-up error: pretending would be worse. `feature` is what is missing.
    record NotYet(String feature) implements Policy {}

    /// An old spelling. Accepted with a warning, and read as the flag `name`.
    record RenamedTo(String name) implements Policy {}

    /// An old spelling of a feature gate. Accepted with a warning.
    record NowGate(String gate) implements Policy {}
  }

  Flag {
    choices = List.copyOf(choices);
  }

  /// The environment variable that sets the flag.
  String environmentName() {
    return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
