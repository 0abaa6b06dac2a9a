package io.kvorum.server.observe;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// What a member can say about itself when asked for its health. May be called by any thread and
/// never waits.
public interface HealthProbes {
  /// Types of the alarms that are raised anywhere in the cluster, such as `NOSPACE`.
  List<String> alarms();

  boolean hasLeader();

  boolean isLearner();

  /// Reads a key of this member's own state. Tells the problem, or nothing if it went well.
  void readLocally(Consumer<Optional<String>> outcome);

  /// Reads a key after a round with the leader; fails within the request timeout.
  void readLinearizably(Consumer<Optional<String>> outcome);
}
