package io.kvorum.raft.scenario;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

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

  /// The other way round: the message that the words describe.
  static Envelope parse(Link link, Words words) {
    return new Envelope(link.from(), link.to(), words.named("term", 0), message(words));
  }

  private static RaftMessage message(Words words) {
    EntryId committed = id(words, "committed");
    Answer answer = words.isOn("granted", false) ? Answer.GRANTED : Answer.REFUSED;
    return switch (words.at(2)) {
      case "AppendEntries" ->
          new AppendEntries(id(words, "prev"), words.logFrom(3), words.named("commit", 0));
      case "Heartbeat" -> new Heartbeat(words.named("commit", 0), words.named("round", 0));
      case "HeartbeatReply" -> new HeartbeatReply(words.named("round", 0));
      case "SnapshotOffer" -> new SnapshotOffer(marker(words));
      case "TimeoutNow" -> new TimeoutNow(id(words, "last"));
      case "Matched" -> new AppendReply.Matched(words.named("match", 0));
      case "Conflict" -> new AppendReply.Conflict(words.named("rejected", 0), id(words, "hint"));
      case "PreVoteRequest" -> new PreVoteRequest(id(words, "last"), committed);
      case "VoteRequest" ->
          new VoteRequest(
              id(words, "last"), committed, words.has("transfer") ? Cause.TRANSFER : Cause.TIMEOUT);
      case "ReadIndexRequest" -> new ReadIndexRequest(words.named("token", 0));
      case "PreVoteReply" -> new PreVoteReply(answer, committed);
      case "VoteReply" -> new VoteReply(answer, committed);
      default -> throw new IllegalArgumentException("no message: " + words);
    };
  }

  /// `at=2/5 voters=1,2 outgoing=… learners=… next=… auto`
  static SnapshotMarker marker(Words words) {
    return new SnapshotMarker(id(words, "at"), configuration(words));
  }

  private static Configuration configuration(Words words) {
    return new Configuration(
        members(words, "voters"),
        members(words, "outgoing"),
        members(words, "learners"),
        members(words, "next"),
        words.has("auto"));
  }

  private static NavigableSet<MemberId> members(Words words, String key) {
    return new TreeSet<>(words.named(key).map(Words::members).orElse(List.of()));
  }

  private static EntryId id(Words words, String key) {
    return words.named(key).map(Words::entry).orElse(EntryId.NONE);
  }

  private static String granted(Answer answer) {
    return answer == Answer.GRANTED ? "yes" : "no";
  }
}
