package io.kvorum.raft.scenario;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.LinkedHashMap;
import java.util.Map;

/// A message as the words of a scenario: its kind is the name of its type, its parts are
/// `key=value`.
final class MessageForm {
  private MessageForm() {}

  static String kind(Envelope envelope) {
    return envelope.message().getClass().getSimpleName();
  }

  static boolean matches(Envelope envelope, String kind, Map<String, String> parts) {
    Map<String, String> form = parts(envelope);
    return kind(envelope).equals(kind)
        && parts.entrySet().stream()
            .allMatch(part -> part.getValue().equals(form.get(part.getKey())));
  }

  static Map<String, String> parts(Envelope envelope) {
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("term", String.valueOf(envelope.term()));
    switch (envelope.message()) {
      case AppendEntries(var previous, var entries, var commitIndex) -> {
        parts.put("prev", String.valueOf(previous));
        parts.put("n", String.valueOf(entries.size()));
        parts.put("commit", String.valueOf(commitIndex));
      }
      case Heartbeat(var commitIndex, var readRound) -> {
        parts.put("commit", String.valueOf(commitIndex));
        parts.put("round", String.valueOf(readRound));
      }
      case HeartbeatReply(var readRound) -> parts.put("round", String.valueOf(readRound));
      case SnapshotOffer(var marker) -> parts.put("at", String.valueOf(marker.id()));
      case TimeoutNow(var leaderLast) -> parts.put("last", String.valueOf(leaderLast));
      case AppendReply.Matched(var matchIndex) -> parts.put("match", String.valueOf(matchIndex));
      case AppendReply.Conflict(var rejectedIndex, var probeAt) -> {
        parts.put("rejected", String.valueOf(rejectedIndex));
        parts.put("hint", String.valueOf(probeAt));
      }
      case PreVoteRequest(var last, var committed) -> {
        parts.put("last", String.valueOf(last));
        parts.put("committed", String.valueOf(committed));
      }
      case VoteRequest(var last, var committed, var cause) -> {
        parts.put("last", String.valueOf(last));
        parts.put("committed", String.valueOf(committed));
        parts.put("cause", String.valueOf(cause));
      }
      case PreVoteReply(var answer, _) -> parts.put("granted", granted(answer));
      case VoteReply(var answer, _) -> parts.put("granted", granted(answer));
      case ReadIndexReply(_, var index) -> parts.put("index", String.valueOf(index));
      case AppendReply.Outdated _,
          RaftMessage.ForwardedProposal _,
          RaftMessage.ForwardedProposalRefused _,
          RaftMessage.ForwardedTransfer _,
          RaftMessage.ReadIndexRequest _,
          RaftMessage.ReadIndexRefused _ -> {}
    }
    return parts;
  }

  private static String granted(Answer answer) {
    return answer == Answer.GRANTED ? "yes" : "no";
  }
}
