package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Keeps the changes that a leader's Raft is asked for.
final class TakenChanges implements LeaderChanges.Raft {
  final List<Taken> all = new ArrayList<>();
  final Map<MemberId, Long> matched = new TreeMap<>();
  private final Supplier<RaftStatus> status;

  record Taken(long token, ConfigChange change, ByteString payload) {}

  TakenChanges(Supplier<RaftStatus> status) {
    this.status = status;
  }

  @Override
  public RaftStatus status() {
    return status.get();
  }

  @Override
  public Map<MemberId, Long> matchedIndexes() {
    return matched;
  }

  @Override
  public boolean proposeChange(long token, ConfigChange change, ByteString payload) {
    return all.add(new Taken(token, change, payload));
  }
}
