package io.kvorum.testkit.cluster;

import io.kvorum.testkit.PowerFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What can be done to one member from inside its process, by libraries loaded into it. The server
/// must use the system's C library, and knows nothing of it.
public record ProcessFaults(SyncFaults syncs, PowerFailure power, ClockJumps clock) {
  /// @param compiler of C
  /// @param directory for the libraries and what they need
  /// @param root all files of the member are below it
  static ProcessFaults prepare(Path compiler, Path directory, Path root) throws IOException {
    return new ProcessFaults(
        SyncFaults.prepare(compiler, directory),
        PowerFailure.prepare(compiler, directory, root),
        ClockJumps.prepare(compiler, directory));
  }

  /// What the process must have in its environment when it starts.
  Map<String, String> environment() throws IOException {
    Map<String, String> environment = new HashMap<>();
    // Each names a library to load; of two for one call, the first is asked, and asks the next.
    for (Map<String, String> one :
        List.of(power.environment(), syncs.environment(), clock.environment())) {
      one.forEach(
          (name, value) -> environment.merge(name, value, (before, next) -> before + ":" + next));
    }
    return environment;
  }
}
