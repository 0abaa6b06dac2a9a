package io.kvorum.server.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/// The server's command line: arguments over `ETCD_*` variables over defaults, or a configuration
/// file instead of all three.
public final class ServerFlags {
  private static final FlagTable TABLE = FlagTable.SERVER;
  private static final List<String> OTHER_PROGRAMS = List.of("gateway", "grpc-proxy");

  private ServerFlags() {}

  /// Decides what to do. Reads the configuration file if one is named, and touches nothing else.
  ///
  /// @param defaultHost asked at most once, for the address of this machine's default route; see
  ///   [DefaultHost#detect]
  public static CommandLine parse(
      List<String> arguments,
      Map<String, String> environment,
      Supplier<Optional<String>> defaultHost) {
    if (!arguments.isEmpty() && OTHER_PROGRAMS.contains(arguments.getFirst())) {
      String message = "\"" + arguments.getFirst() + "\" is not supported yet\n";
      return new CommandLine.Print("", message, 1);
    }
    return switch (GoFlagSyntax.parse(arguments, TABLE)) {
      case GoFlagSyntax.Outcome.HelpAsked _ ->
          new CommandLine.Print(Usage.flags(TABLE), Usage.LINE, 0);
      case GoFlagSyntax.Outcome.Unusable(var message) ->
          new CommandLine.Print("", message + "\n" + Usage.LINE, 2);
      case GoFlagSyntax.Outcome.Leftover(var word) ->
          new CommandLine.Print("", "\"" + word + "\" is not a valid flag\n", 1);
      case GoFlagSyntax.Outcome.Given(var texts) ->
          FlagKind.parseBool(texts.getOrDefault("version", "false")).orElse(false)
              ? new CommandLine.Print(Usage.version(reportedVersion(texts)), "", 0)
              : assemble(texts, environment, defaultHost);
    };
  }

  private static String reportedVersion(Map<String, String> texts) {
    String flag = "kvorum-etcd-version";
    return texts.getOrDefault(flag, TABLE.find(flag).orElseThrow().initial());
  }

  private static CommandLine assemble(
      Map<String, String> texts,
      Map<String, String> environment,
      Supplier<Optional<String>> defaultHost) {
    List<Notice> notices = new ArrayList<>();
    MemberConfig.Logging logging = MemberConfig.Logging.initial();
    try {
      Settings settings = settings(texts, environment, notices);
      logging = LogRules.read(settings);
      Optional<String> host =
          settings.isGiven("initial-advertise-peer-urls") ? Optional.empty() : defaultHost.get();
      MemberConfig config = new ConfigRules(settings, notices).build(host);
      return new CommandLine.Run(config, notices);
    } catch (Refusal refusal) {
      return new CommandLine.Refuse(logging, notices, refusal.notice());
    }
  }

  private static Settings settings(
      Map<String, String> texts, Map<String, String> environment, List<Notice> notices)
      throws Refusal {
    Map<String, String> given = new TreeMap<>(texts);
    String file =
        texts.getOrDefault("config-file", environment.getOrDefault("ETCD_CONFIG_FILE", ""));
    if (file.isEmpty()) {
      given.putAll(Environment.read(environment, TABLE, texts, notices));
      return PolicyCheck.apply(given, TABLE, notices);
    }
    notices.add(
        Notice.info(
            "loaded server configuration, other configuration command line flags and environment"
                + " variables will be ignored if provided",
            Notice.field("path", file)));
    return PolicyCheck.apply(ConfigFile.read(Path.of(file), TABLE), TABLE, notices);
  }
}
