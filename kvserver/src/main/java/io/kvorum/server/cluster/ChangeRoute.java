package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.node.RaftStatus;
import io.kvorum.server.command.MembershipRefusal;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/// The way of this member's membership changes to the leader, wherever it is.
///
/// Safe for any thread.
public final class ChangeRoute {
  private final Supplier<RaftStatus> status;
  private final LeaderChanges leader;
  private final PeerCalls peers;
  private final Proposals proposals;
  private final Duration patience;

  /// @param leader takes changes while this member leads
  /// @param proposals hears of changes that are certainly in no log
  /// @param patience how long the leader is waited for
  ChangeRoute(
      Supplier<RaftStatus> status,
      LeaderChanges leader,
      PeerCalls peers,
      Proposals proposals,
      Duration patience) {
    this.status = status;
    this.leader = leader;
    this.peers = peers;
    this.proposals = proposals;
    this.patience = patience;
  }

  /// Takes a change on its way; a refusal is heard under `token`.
  ///
  /// @return false if too much waits already: it is certainly not done
  public boolean propose(long token, ByteString command) {
    RaftStatus now = status.get();
    if (now.role() != RoleKind.LEADER) {
      now.leader()
          .ifPresentOrElse(
              peer -> ask(peer, token, command),
              () -> proposals.refused(token, ProposalRefusal.NO_LEADER));
      return true;
    }
    Optional<MembershipRefusal> refusal = leader.refusal(command);
    refusal.ifPresent(why -> refused(token, why));
    return refusal.isPresent() || leader.propose(token, command);
  }

  private void refused(long token, MembershipRefusal why) {
    proposals.failed(token, new ProposalFailure.ChangeRefused(why));
  }

  private void ask(MemberId peer, long token, ByteString command) {
    peers.ask(
        peer,
        new PeerQuestion.Change(command),
        patience,
        Runnable::run,
        new PeerCalls.Callback<>() {
          @Override
          public void answered(PeerAnswer.Change answer) {
            switch (answer.obstacle()) {
              case NONE -> {} // its entry tells the rest
              case FOR_NOW -> proposals.refused(token, ProposalRefusal.CHANGE_PENDING);
              case LEARNER_NOT_READY -> refused(token, MembershipRefusal.LEARNER_NOT_READY);
              case ILLEGAL -> refused(token, MembershipRefusal.NOT_ENOUGH_STARTED);
            }
          }

          @Override
          public void failed(CallFailure failure) {
            switch (failure) {
              case CallFailure.NotSent _, CallFailure.Refused _ ->
                  proposals.refused(token, ProposalRefusal.NOT_LEADER);
              case CallFailure.NoAnswer _ -> {} // its fate is open
            }
          }
        });
  }
}
