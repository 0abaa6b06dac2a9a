package io.kvorum.server.config;

import io.kvorum.server.config.Flag.Policy.Effective;
import io.kvorum.server.config.Flag.Policy.Ignored;
import io.kvorum.server.config.Flag.Policy.NotYet;
import io.kvorum.server.config.Flag.Policy.NowGate;
import io.kvorum.server.config.Flag.Policy.RenamedTo;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// Applies each given flag's policy: warns about those without effect, translates old names, and
/// refuses what is not there yet.
final class PolicyCheck {
  private static final List<String> TLS_WITH_HTTP =
      List.of("cert-file", "key-file", "client-cert-file", "client-key-file", "trusted-ca-file");

  private PolicyCheck() {}

  static Settings apply(Map<String, String> given, FlagTable table, List<Notice> notices)
      throws Refusal {
    NavigableMap<String, String> effective = new TreeMap<>();
    for (Map.Entry<String, String> entry : new TreeMap<>(given).entrySet()) {
      Flag flag = table.find(entry.getKey()).orElseThrow();
      String text = entry.getValue();
      switch (flag.policy()) {
        case Effective _ -> effective.put(flag.name(), text);
        case Ignored(var why) -> ignore(flag, text, why, notices);
        case NotYet(var feature) -> refuseUnlessInitial(flag, text, feature);
        case NowGate(var gate) -> {
          notices.add(deprecated(flag, "feature-gates=" + gate));
          effective.put(flag.name(), text);
        }
        case RenamedTo(var name) -> {
          notices.add(deprecated(flag, name));
          Flag target = table.find(name).orElseThrow();
          switch (target.policy()) {
            case Ignored(var why) -> ignore(target, text, why, notices);
            case NotYet(var feature) -> refuseUnlessInitial(target, text, feature);
            case Effective _, NowGate _, RenamedTo _ -> {
              if (!given.containsKey(name)) {
                effective.put(name, text);
              }
            }
          }
        }
      }
    }
    Settings settings = new Settings(table, effective);
    refuseWhatIsMissing(settings, notices);
    return settings;
  }

  private static void ignore(Flag flag, String text, String why, List<Notice> notices) {
    if (!text.equals(flag.initial())) {
      notices.add(
          Notice.warn(
              "flag has no effect",
              Notice.field("flag", flag.name()),
              Notice.field("reason", why)));
    }
  }

  private static void refuseUnlessInitial(Flag flag, String text, String feature) throws Refusal {
    if (!text.equals(flag.initial())) {
      throw Refusal.notYet(feature, flag.name());
    }
  }

  private static Notice deprecated(Flag flag, String successor) {
    return Notice.warn(
        "deprecated flag", Notice.field("flag", flag.name()), Notice.field("use", successor));
  }

  /// Features whose flags have values that are fine without them.
  private static void refuseWhatIsMissing(Settings settings, List<Notice> notices) throws Refusal {
    String token = settings.text("auth-token");
    if (token.startsWith("jwt")) {
      throw Refusal.notYet("auth token type jwt", "auth-token");
    }
    if (!token.equals("simple") && !token.isEmpty()) {
      throw Refusal.invalid("auth: invalid auth options");
    }
    if (settings.text("discovery-fallback").equals("proxy")) {
      throw Refusal.invalid("v2 proxy is not supported: --discovery-fallback=proxy");
    }
    for (String side : List.of("", "peer-")) {
      boolean auto = settings.isOn(side + "auto-tls");
      boolean demand = settings.isOn(side + "client-cert-auth");
      boolean files =
          TLS_WITH_HTTP.stream().anyMatch(name -> !settings.text(side + name).isEmpty());
      if (auto || demand || files) {
        notices.add(
            Notice.warn(
                "scheme is HTTP while key and cert files are present; ignoring key and cert files",
                Notice.field("side", side.isEmpty() ? "client" : "peer")));
      }
    }
  }
}
