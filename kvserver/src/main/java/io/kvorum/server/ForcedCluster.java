package io.kvorum.server;

import com.google.protobuf.ByteString;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.command.MemberChange;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.log.RecoveredLog;
import io.kvorum.raft.log.Recovery;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.ClusterState;
import io.kvorum.server.command.CommandCodec;
import io.kvorum.server.command.ProposalId;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `--force-new-cluster`: makes the log of a member that does not run that of a cluster of this
/// member alone (decision 12).
///
/// One configuration entry is added, in a term of its own that the member votes for itself in, and
/// everything up to it is committed. It is as though the member had been elected and had committed
/// the change itself; all else is left to the start that follows.
final class ForcedCluster {
  private static final Logger log = LoggerFactory.getLogger(ForcedCluster.class);

  private ForcedCluster() {}

  /// Adds the entry, durably, and says so loudly. What follows in a later start is what an ordinary
  /// start does.
  ///
  /// @param stored the facts at the applied index
  /// @param peerUrls of this member, should the cluster have removed it
  /// @throws StartFailure if the member has nothing that could go on
  static void writeInto(
      Recovery recovery, StoreIdentity identity, ClusterState stored, List<String> peerUrls)
      throws IOException, StartFailure {
    RecoveredLog recovered = recovery.recovered();
    Persist entry = entryAfter(recovered, identity, peerUrls);
    log.atWarn()
        .addKeyValue("cluster-id", Long.toHexString(identity.clusterId()))
        .addKeyValue("local-member-id", identity.memberId())
        .addKeyValue("removed-members", othersOf(identity.memberId(), stored))
        .addKeyValue("commit-index", recovered.hardState().commitIndex())
        .addKeyValue("last-index", recovered.lastIndex())
        .log(
            "FORCING A NEW CLUSTER: this member goes on alone, every other member is removed for"
                + " good, and what only they hold is lost; start it without --force-new-cluster from"
                + " now on");
    recovery.log().append(List.of(entry));
  }

  /// The storage command: the entry, and a hard state that commits it with all before it.
  static Persist entryAfter(RecoveredLog recovered, StoreIdentity identity, List<String> peerUrls)
      throws StartFailure {
    if (recovered.last().equals(EntryId.NONE)) {
      throw new StartFailure(
          "--force-new-cluster: member "
              + identity.memberId()
              + " has joined a cluster and received none of its data: there is nothing to go on"
              + " with");
    }
    long term = recovered.hardState().ballot().term() + 1;
    EntryId id = new EntryId(term, recovered.lastIndex() + 1);
    MemberChange.Builder alone =
        MemberChange.newBuilder()
            .setAlone(
                MemberChange.Alone.newBuilder()
                    .setId(identity.memberId().value())
                    .addAllPeerUrls(peerUrls));
    ProposalId proposal =
        new ProposalId(new ProposalId.Proposer(identity.memberId(), recovered.bootEpoch()), 1);
    ByteString payload =
        CommandCodec.encode(LogCommand.newBuilder().setMemberChange(alone), proposal);
    return new Persist(
        1,
        Optional.of(new HardState(new Ballot(term, Optional.of(identity.memberId())), id.index())),
        List.of(new Entry(id, EntryKind.CONFIGURATION, payload)),
        Optional.empty());
  }

  private static List<MemberId> othersOf(MemberId self, ClusterState stored) {
    return stored.membership().getMembersList().stream()
        .map(member -> new MemberId(member.getId()))
        .filter(member -> !member.equals(self))
        .toList();
  }
}
