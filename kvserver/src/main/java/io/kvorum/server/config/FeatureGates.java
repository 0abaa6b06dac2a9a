package io.kvorum.server.config;

import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The feature gates by name. Names that etcd knows are accepted; which of them have an effect here
/// is said where they are read.
public record FeatureGates(NavigableMap<String, Boolean> states) {
  private static final Map<String, Boolean> INITIAL =
      new TreeMap<>(
          Map.of(
              "StopGRPCServiceOnDefrag", false,
              "InitialCorruptCheck", false,
              "CompactHashCheck", false,
              "TxnModeWriteWithSharedBuffer", true,
              "LeaseCheckpoint", false,
              "LeaseCheckpointPersist", false,
              "SetMemberLocalAddr", false,
              "FastLeaseKeepAlive", true,
              "PriorityRequest", false));
  private static final String ALL_ALPHA = "AllAlpha";
  private static final String ALL_BETA = "AllBeta";

  public FeatureGates {
    states = Collections.unmodifiableNavigableMap(new TreeMap<>(states));
  }

  public boolean isOn(String name) {
    return Boolean.TRUE.equals(states.get(name));
  }

  static FeatureGates initial() {
    return new FeatureGates(new TreeMap<>(INITIAL));
  }

  /// These gates with `text` (`Name=true,Other=false`) applied.
  FeatureGates with(String text) throws Refusal {
    NavigableMap<String, Boolean> next = new TreeMap<>(states);
    for (String part : text.split(",", -1)) {
      if (part.isBlank()) {
        continue;
      }
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw Refusal.invalid("missing bool value for " + part.strip());
      }
      String name = part.substring(0, equals).strip();
      String value = part.substring(equals + 1).strip();
      Optional<Boolean> state = FlagKind.parseBool(value);
      if (state.isEmpty()) {
        throw Refusal.invalid("invalid value of " + name + "=" + value + ", err: parse error");
      }
      if (!INITIAL.containsKey(name) && !name.equals(ALL_ALPHA) && !name.equals(ALL_BETA)) {
        throw Refusal.invalid("unrecognized feature gate: " + name);
      }
      next.put(name, state.get());
    }
    FeatureGates gates = new FeatureGates(next);
    if (gates.isOn("LeaseCheckpointPersist") && !gates.isOn("LeaseCheckpoint")) {
      throw Refusal.invalid("setting LeaseCheckpointPersist requires LeaseCheckpoint to be on");
    }
    return gates;
  }
}
