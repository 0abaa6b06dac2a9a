package io.kvorum.testkit.nemesis;

import io.kvorum.testkit.cluster.ClusterMember;
import java.io.IOException;
import java.util.List;

/// A fault that has begun.
///
/// @param victims the members that it may keep from running
record Fault(FaultKind kind, List<ClusterMember> victims, Ending ending) {
  /// Undoes the fault.
  interface Ending {
    void end() throws IOException;
  }

  Fault {
    victims = List.copyOf(victims);
  }

  void end() throws IOException {
    ending.end();
  }
}
