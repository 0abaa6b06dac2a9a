package io.kvorum.server.apply;

import io.kvorum.raft.membership.Configuration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Remembers what a listener is told, in order.
final class ToldApplied implements AppliedListener {
  sealed interface Told {
    record Configured(long index, Configuration configuration) implements Told {}

    record Membership(ClusterState state) implements Told {}

    record Applied(long index) implements Told {}
  }

  final List<Told> all = new CopyOnWriteArrayList<>();

  @Override
  public void configured(long index, Configuration configuration) {
    all.add(new Told.Configured(index, configuration));
  }

  @Override
  public void membershipChanged(ClusterState state) {
    all.add(new Told.Membership(state));
  }

  @Override
  public void applied(long index) {
    all.add(new Told.Applied(index));
  }
}
