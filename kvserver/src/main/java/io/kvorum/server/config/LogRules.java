package io.kvorum.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Turns the logging flags into a [MemberConfig.Logging].
final class LogRules {
  private LogRules() {}

  static MemberConfig.Logging read(Settings settings) throws Refusal {
    if (!settings.text("logger").equals("zap")) {
      throw Refusal.invalid("unknown logger option \"" + settings.text("logger") + "\"");
    }
    List<MemberConfig.LogOutput> outputs = outputs(settings.words("log-outputs"));
    return new MemberConfig.Logging(
        level(settings.text("log-level")),
        format(settings.text("log-format")),
        outputs,
        rotation(settings, outputs));
  }

  private static MemberConfig.LogLevel level(String text) throws Refusal {
    return switch (text) {
      case "debug" -> MemberConfig.LogLevel.DEBUG;
      case "info", "" -> MemberConfig.LogLevel.INFO;
      case "warn", "warning" -> MemberConfig.LogLevel.WARN;
      case "error", "panic", "fatal", "dpanic" -> MemberConfig.LogLevel.ERROR;
      default -> throw Refusal.invalid("unrecognized level: \"" + text + "\"");
    };
  }

  private static MemberConfig.LogFormat format(String text) throws Refusal {
    return switch (text) {
      case "json", "" -> MemberConfig.LogFormat.JSON;
      case "console" -> MemberConfig.LogFormat.CONSOLE;
      default -> throw Refusal.invalid("unknown log format: \"" + text + "\"");
    };
  }

  /// A service manager's journal collects standard error, so `systemd/journal` means that.
  private static List<MemberConfig.LogOutput> outputs(List<String> words) throws Refusal {
    if (words.contains("default") && words.size() > 1) {
      throw Refusal.invalid("multi logoutput for \"default\" is not supported yet");
    }
    if (words.contains("/dev/null")) {
      return List.of();
    }
    List<MemberConfig.LogOutput> outputs = new ArrayList<>();
    for (String word : words) {
      MemberConfig.LogOutput output =
          switch (word) {
            case "default", "stderr", "systemd/journal" ->
                new MemberConfig.LogOutput.StandardError();
            case "stdout" -> new MemberConfig.LogOutput.StandardOutput();
            default -> new MemberConfig.LogOutput.File(Path.of(word));
          };
      if (!outputs.contains(output)) {
        outputs.add(output);
      }
    }
    return outputs.isEmpty() ? List.of(new MemberConfig.LogOutput.StandardError()) : outputs;
  }

  private static Optional<LogRotation> rotation(
      Settings settings, List<MemberConfig.LogOutput> outputs) throws Refusal {
    if (!settings.isOn("enable-log-rotation")) {
      return Optional.empty();
    }
    boolean oneFile =
        outputs.size() == 1 && outputs.getFirst() instanceof MemberConfig.LogOutput.File;
    if (!oneFile) {
      throw Refusal.invalid(
          "--log-outputs requires a single file path when --enable-log-rotation is set");
    }
    return Optional.of(LogRotation.parse(settings.text("log-rotation-config-json")));
  }
}
