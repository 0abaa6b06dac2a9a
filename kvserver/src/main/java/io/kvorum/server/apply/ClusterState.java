package io.kvorum.server.apply;

import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
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
  /// The facts as the store holds them.
  ///
  /// @throws io.kvorum.invariant.InvariantViolation if they are damaged or of a newer format
  public static ClusterState stored(MvccStore store) {
    MembershipCommands members = new MembershipCommands(store);
    return new ClusterState(
        new AlarmCommands(store).alarms(), members.membership(), members.version());
  }

  /// Writes the facts of a cluster that is being founded: its members, equal on all of them, and
  /// nothing else.
  public static void found(ApplyBatch batch, List<Member> members) {
    batch.putMeta(StoredFact.MEMBERSHIP.key(), MembershipCommands.sorted(members).toByteString());
  }
}
