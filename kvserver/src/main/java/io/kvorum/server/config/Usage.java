package io.kvorum.server.config;

/// The texts of `--help` and `--version`.
final class Usage {
  static final String LINE =
      """
      Usage:

        kvorum [flags]
          Start a member.

        kvorum --version
          Show the version of the server.

        kvorum -h | --help
          Show the help information about the server.

        kvorum --config-file
          Path to the server configuration file. Note that if a configuration file is provided, other command line flags and environment variables will be ignored.
      """;

  private Usage() {}

  static String flags(FlagTable table) {
    StringBuilder text = new StringBuilder();
    table
        .sections()
        .forEach(
            (section, flags) -> {
              text.append('\n').append(section).append(":\n");
              flags.forEach(flag -> append(text, flag));
            });
    return text.toString();
  }

  private static void append(StringBuilder text, Flag flag) {
    text.append("  --").append(flag.name()).append(" '").append(flag.initial()).append("'\n");
    String effect =
        switch (flag.policy()) {
          case Flag.Policy.Effective _ -> "";
          case Flag.Policy.Ignored(var why) -> "Accepted without effect: " + why + ".";
          case Flag.Policy.NotYet(var feature) -> "Not supported yet: " + feature + ".";
          case Flag.Policy.RenamedTo(var name) -> "Deprecated: use --" + name + ".";
          case Flag.Policy.NowGate(var gate) ->
              "Deprecated: use --feature-gates=" + gate + "=true.";
        };
    String line = (flag.help() + " " + effect).strip();
    if (!line.isEmpty()) {
      text.append("    ").append(line).append('\n');
    }
  }

  /// Four lines whose first one tools parse.
  static String version(String etcdVersion) {
    return """
        etcd Version: %s
        Git SHA: %s
        Go Version: none (Kvorum on Java %s)
        Go OS/Arch: %s/%s
        """
        .formatted(
            etcdVersion,
            BuildInfo.REVISION,
            Runtime.version(),
            BuildInfo.operatingSystem(),
            BuildInfo.architecture());
  }
}
