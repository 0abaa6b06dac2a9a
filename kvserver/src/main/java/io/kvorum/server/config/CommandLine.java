package io.kvorum.server.config;

import java.util.List;

/// What the process is to do, according to its arguments and environment.
public sealed interface CommandLine {

  /// Start a member. The notices are logged first.
  record Run(MemberConfig config, List<Notice> notices) implements CommandLine {
    public Run {
      notices = List.copyOf(notices);
    }
  }

  /// Write the texts as they are, and exit.
  record Print(String standardOutput, String standardError, int exitCode) implements CommandLine {}

  /// The settings cannot be used. Log `notices` and then `reason` in the form that `logging` asks
  /// for, and exit with code 1.
  record Refuse(MemberConfig.Logging logging, List<Notice> notices, Notice reason)
      implements CommandLine {
    public Refuse {
      notices = List.copyOf(notices);
    }
  }
}
