package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.ConfigChange;
import io.kvorum.raft.membership.ConfigChange.Step;
import io.kvorum.raft.membership.ConfigChange.Transition;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The way of a membership change into the log: only the leader can begin one, because only it
/// knows how far the others are.
///
/// Safe for any thread.
public final class ChangeRoute {
  private final Raft raft;
  private final Proposals proposals;

  public ChangeRoute(Raft raft, Proposals proposals) {
    this.raft = raft;
    this.proposals = proposals;
  }

  /// The member's Raft; see `RaftNode`.
  public interface Raft {
    RaftStatus status();

    Map<MemberId, Long> matchedIndexes();

    boolean proposeChange(long token, ConfigChange change, ByteString payload);
  }

  /// Takes a change on its way; what becomes of it is heard under `token`.
  ///
  /// @return false if too much waits already: it is certainly not done
  public boolean propose(long token, ByteString payload) {
    RaftStatus status = raft.status();
    if (status.role() != RoleKind.LEADER) {
      proposals.refused(token, ProposalRefusal.NOT_LEADER);
      return true;
    }
    MemberChange change = CommandCodec.decode(payload).getMemberChange();
    Optional<MembershipRefusal> refusal =
        Reconfiguration.ofLeader(change, status, raft.matchedIndexes());
    if (refusal.isPresent()) {
      proposals.failed(token, new ProposalFailure.ChangeRefused(refusal.get()));
      return true;
    }
    return raft.proposeChange(token, configChange(change), payload);
  }

  /// What a change means to Raft: one member at a time, so it takes effect directly (raft.md M4).
  static ConfigChange configChange(MemberChange change) {
    Step step =
        switch (change.getChangeCase()) {
          case ADDED -> {
            MemberId member = new MemberId(change.getAdded().getId());
            yield change.getAdded().getLearner()
                ? new Step.AddLearner(member)
                : new Step.AddVoter(member);
          }
          case REMOVED -> new Step.Remove(new MemberId(change.getRemoved()));
          case PROMOTED -> new Step.AddVoter(new MemberId(change.getPromoted()));
          case CHANGE_NOT_SET -> throw new IllegalArgumentException("a change says nothing");
        };
    return new ConfigChange.Alter(List.of(step), Transition.AUTOMATIC);
  }
}
