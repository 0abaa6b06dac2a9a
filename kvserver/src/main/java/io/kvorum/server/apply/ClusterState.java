package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import java.util.List;
import java.util.Optional;

/// The replicated facts beside keys and leases, as published after an applied batch. Immutable.
///
/// @param membership the members by id
/// @param version the version all members have reached; empty until one was set
public record ClusterState(Alarms alarms, Membership membership, Optional<ClusterVersion> version) {
  /// Writes the facts of a cluster that is being founded: its members, equal on all of them, and
  /// nothing else.
  public static void found(ApplyBatch batch, List<Member> members) {
    batch.putMeta(StoredFact.MEMBERSHIP.key(), MembershipCommands.sorted(members).toByteString());
  }
}
