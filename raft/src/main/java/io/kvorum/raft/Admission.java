package io.kvorum.raft;

import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.ForwardedProposal;
import io.kvorum.raft.RaftMessage.ForwardedProposalRefused;
import io.kvorum.raft.RaftMessage.ForwardedTransfer;
import io.kvorum.raft.RaftMessage.FromLeader;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexRefused;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.quorum.VoteTally.Answer;

/// What a member does with a message because of its term, before its content counts (raft.md T1,
/// T2, E7, M9).
enum Admission {
  /// Has nothing to say to this member.
  IGNORE,
  /// Comes from a leader of the past, who must learn of the newer term.
  ANSWER_OUTDATED,
  /// Asks about a term of the past; the answer carries ours.
  REFUSE_PRE_VOTE,
  /// Was meant for a leader of the past; its sender must hear that it is in no log.
  REFUSE_PROPOSAL,
  /// Answers nothing that is still asked, but tells what is committed, which is true in any term.
  LEARN_COMMIT,
  /// Shows a later term, which this member enters first.
  ENTER_TERM,
  ACCEPT;

  /// @param isLeaderAlive whether this member leads, or heard its leader within the election
  ///   timeout, and therefore must not let a campaign disturb the group
  static Admission of(long term, Envelope envelope, boolean isLeaderAlive) {
    RaftMessage message = envelope.message();
    if (envelope.term() < term) {
      return switch (message) {
        case FromLeader _ -> ANSWER_OUTDATED;
        case PreVoteRequest _ -> REFUSE_PRE_VOTE;
        case ForwardedProposal _ -> REFUSE_PROPOSAL;
        case ForwardedProposalRefused _ -> ACCEPT; // true in any term
        case PreVoteReply _ -> LEARN_COMMIT;
        case VoteRequest _,
            VoteReply _,
            AppendReply _,
            HeartbeatReply _,
            TimeoutNow _,
            ForwardedTransfer _,
            ReadIndexRequest _,
            ReadIndexReply _,
            ReadIndexRefused _ ->
            IGNORE;
      };
    }
    if (envelope.term() == term) {
      return ACCEPT;
    }
    return switch (message) {
      case PreVoteRequest _ -> isLeaderAlive ? IGNORE : ACCEPT;
      case VoteRequest(_, _, var cause) ->
          isLeaderAlive && cause == Cause.TIMEOUT ? IGNORE : ENTER_TERM;
      case PreVoteReply(var answer, _) -> answer == Answer.GRANTED ? ACCEPT : ENTER_TERM;
      case FromLeader _,
          AppendReply _,
          HeartbeatReply _,
          VoteReply _,
          TimeoutNow _,
          ForwardedTransfer _,
          ForwardedProposal _,
          ForwardedProposalRefused _,
          ReadIndexRequest _,
          ReadIndexReply _,
          ReadIndexRefused _ ->
          ENTER_TERM;
    };
  }
}
