package io.kvorum.raft.simulation;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.Ready.RoleChange;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Who led and who voted for whom, over all boots (I1, I4, I10, I11, I12, I21).
final class ElectionWitness {
  private record Leadership(MemberId member, int boot) {}

  private final CommitWitness commits;
  private final Map<Long, Leadership> leaders = new HashMap<>();
  private final Map<Ballot, MemberId> votes = new HashMap<>();

  ElectionWitness(CommitWitness commits) {
    this.commits = commits;
  }

  void changed(MemberProcess process, RoleChange now) {
    Violation.unless(
        now.term() >= process.seen.role.term(),
        "I10",
        "%s falls from term %d to %d",
        process,
        process.seen.role.term(),
        now.term());
    if (now.role() == RoleKind.FOLLOWER) {
      return;
    }
    Violation.unless(
        process.configuration().isVoter(process.id()),
        "I21",
        "%s is %s outside of %s",
        process,
        now.role(),
        process.configuration());
    if (now.role() != RoleKind.LEADER) {
      Violation.unless(
          !process.knowsOfUnappliedChange(),
          "I16",
          "%s campaigns and knows of a change that it has not applied",
          process);
      return;
    }
    Leadership leadership = new Leadership(process.id(), process.boot);
    Leadership known = leaders.putIfAbsent(now.term(), leadership);
    Violation.unless(
        known == null || known.equals(leadership),
        "I1",
        "term %d is led by %s and %s",
        now.term(),
        known == null ? leadership : known,
        leadership);
    if (known == null) {
      commits.requireComplete(process);
    }
  }

  /// I21: a leader that has applied its removal or demotion leads no longer.
  void reconfigured(MemberProcess process, RoleChange now) {
    Violation.unless(
        now.role() != RoleKind.LEADER || process.configuration().isVoter(process.id()),
        "I21",
        "%s goes on leading outside of %s",
        process,
        process.configuration());
  }

  void sent(MemberProcess process, Envelope envelope) {
    long allowed = process.core.roleNow().term();
    Ballot durable = process.host.durable.ballot();
    long term = envelope.term();
    switch (envelope.message()) {
      case RaftMessage.VoteRequest _ -> requireVote(process, term, process.id());
      case RaftMessage.VoteReply(var answer, _) -> {
        if (answer == Answer.GRANTED) {
          requireVote(process, term, envelope.to());
        } else {
          requireTerm(process, durable, term);
        }
      }
      case RaftMessage.PreVoteRequest _ -> allowed++;
      case RaftMessage.PreVoteReply(var answer, _) -> {
        if (answer == Answer.GRANTED) {
          allowed = Math.max(allowed, term); // echoes the term asked for
        } else {
          requireTerm(process, durable, term);
        }
      }
      case RaftMessage.AppendReply.Matched _, RaftMessage.AppendReply.Conflict _ ->
          requireTerm(process, durable, term);
      case RaftMessage.FromLeader _,
          RaftMessage.HeartbeatReply _,
          RaftMessage.AppendReply.Outdated _,
          RaftMessage.TimeoutNow _,
          RaftMessage.ForwardedTransfer _,
          RaftMessage.ForwardedProposal _,
          RaftMessage.ForwardedProposalRefused _,
          RaftMessage.ReadIndexRequest _,
          RaftMessage.ReadIndexReply _,
          RaftMessage.ReadIndexRefused _ -> {}
    }
    Violation.unless(term <= allowed, "I12", "%s in term %d sends %s", process, allowed, envelope);
  }

  private static void requireTerm(MemberProcess process, Ballot durable, long term) {
    Violation.unless(
        durable.term() >= term, "I11", "%s speaks of term %d over %s", process, term, durable);
  }

  private void requireVote(MemberProcess process, long term, MemberId candidate) {
    Ballot durable = process.host.durable.ballot();
    Violation.unless(
        durable.term() > term || durable.equals(new Ballot(term, Optional.of(candidate))),
        "I11",
        "%s shows a vote for %s in term %d over %s",
        process,
        candidate,
        term,
        durable);
    MemberId known = votes.putIfAbsent(new Ballot(term, Optional.of(process.id())), candidate);
    Violation.unless(
        known == null || known.equals(candidate),
        "I10",
        "%s votes for %s and %s in term %d",
        process,
        known == null ? candidate : known,
        candidate,
        term);
  }
}
