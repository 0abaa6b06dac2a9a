package io.kvorum.testkit.cluster;

import io.kvorum.testkit.PowerFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// What can be done to the disk of one member from inside its process, by libraries loaded into it.
/// The server must use the system's C library, and knows nothing of it.
public record DiskFaults(SyncFaults syncs, PowerFailure power) {
  /// @param compiler of C
  /// @param directory for the libraries and what they need
  /// @param root all files of the member are below it
  static DiskFaults prepare(Path compiler, Path directory, Path root) throws IOException {
    return new DiskFaults(
        SyncFaults.prepare(compiler, directory), PowerFailure.prepare(compiler, directory, root));
  }

  /// What the process must have in its environment when it starts.
  Map<String, String> environment() throws IOException {
    Map<String, String> environment = new HashMap<>(syncs.environment());
    power
        .environment()
        .forEach(
            (name, value) ->
                // Both load a library; the first one to be called names what was done.
                environment.merge(name, value, (one, other) -> other + ":" + one));
    return environment;
  }
}
