package io.kvorum.server.apply;

import io.kvorum.mvcc.ChangeSet;
import java.util.List;

/// Where the changes of applied batches go: the watch hub, or a recorder in tests.
@FunctionalInterface
public interface ChangePublisher {
  /// Publishes the changes of one batch in revision order, before its commands are answered. Called
  /// by the thread `apply`; must not block.
  void publish(List<ChangeSet> changes, long head, long compacted);
}
