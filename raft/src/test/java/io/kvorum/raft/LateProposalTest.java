package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.RaftMessage.ForwardedProposal;
import io.kvorum.raft.RaftMessage.ForwardedProposalRefused;
import io.kvorum.raft.Ready.RefusedProposal;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Proposals that were passed on, and refused, in a term that is over (B2, B4): whoever waits for
/// them must hear that no log has them.
class LateProposalTest {
  private static final MemberId SELF = new MemberId(1);
  private static final MemberId PEER = new MemberId(2);

  /// In term 7.
  private final SimulatedMember member =
      new SimulatedMember(
          SELF,
          RaftOptions.defaults(),
          Configuration.ofVoters(List.of(SELF, PEER, new MemberId(3))),
          List.of(),
          new HardState(new Ballot(7, Optional.empty()), 0));

  private void receive(long term, RaftMessage message) {
    member.step(new Input.Received(new Envelope(PEER, SELF, term, message)));
  }

  @Test
  void proposalOfAnEarlierTerm_received_isRefused() {
    long lastIndex = member.core().lastIndex();

    receive(6, new ForwardedProposal(41, ByteString.copyFromUtf8("late")));

    assertThat(member.takeSent())
        .containsExactly(
            new Envelope(
                SELF, PEER, 7, new ForwardedProposalRefused(41, ProposalRefusal.NOT_LEADER)));
    assertThat(member.core().lastIndex()).isEqualTo(lastIndex);
  }

  @Test
  void refusalOfAnEarlierTerm_received_counts() {
    receive(6, new ForwardedProposalRefused(41, ProposalRefusal.TRANSFERRING));

    assertThat(member.refusals)
        .containsExactly(new RefusedProposal(41, ProposalRefusal.TRANSFERRING));
  }
}
