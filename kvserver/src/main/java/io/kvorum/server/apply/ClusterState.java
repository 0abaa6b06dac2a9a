package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.proto.storage.Member;
import io.kvorum.proto.storage.Membership;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// The replicated facts beside keys and leases, as published after an applied batch. Immutable.
///
/// @param membership the members by id
/// @param version the version all members have reached; empty until one was set
public record ClusterState(Alarms alarms, Membership membership, Optional<ClusterVersion> version) {
  /// The facts as a store holds them.
  ///
  /// @param facts the store's replicated facts by name
  /// @throws io.kvorum.invariant.InvariantViolation if they are damaged
  /// @throws io.kvorum.server.command.ProgramOutdated if a newer program has written them
  public static ClusterState stored(Function<String, Optional<ByteString>> facts) {
    MembershipCommands members = new MembershipCommands(facts);
    return new ClusterState(
        new AlarmCommands(facts).alarms(), members.membership(), members.version());
  }

  /// The configuration that the membership means. A member that has joined and not heard of its
  /// cluster yet, at index 0, knows where its peers are but is in none.
  public Configuration configurationAt(long appliedIndex) {
    return appliedIndex == 0 ? Configuration.EMPTY : votersOf(membership.getMembersList());
  }

  /// The ordinary configuration of these members: those that are no learners vote.
  public static Configuration votersOf(List<Member> members) {
    return Configuration.of(ids(members, false), ids(members, true));
  }

  private static List<MemberId> ids(List<Member> members, boolean learners) {
    return members.stream()
        .filter(member -> member.getLearner() == learners)
        .map(member -> new MemberId(member.getId()))
        .toList();
  }

  /// Whether the member belongs without a vote.
  public boolean isLearner(MemberId member) {
    return membership.getMembersList().stream()
        .anyMatch(known -> known.getId() == member.value() && known.getLearner());
  }

  /// Whether the member was removed, for ever.
  public boolean isRemoved(MemberId member) {
    return membership.getRemovedList().contains(member.value());
  }

  /// Writes the facts of a cluster that is being founded: its members, equal on all of them, and
  /// nothing else.
  public static void found(ApplyBatch batch, List<Member> members) {
    batch.putMeta(StoredFact.MEMBERSHIP.key(), MembershipCommands.founded(members).toByteString());
  }
}
