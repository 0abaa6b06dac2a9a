package io.kvorum.raft.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.RaftMessage.AppendEntries;
import io.kvorum.raft.RaftMessage.AppendReply;
import io.kvorum.raft.RaftMessage.ForwardedProposal;
import io.kvorum.raft.RaftMessage.ForwardedProposalRefused;
import io.kvorum.raft.RaftMessage.ForwardedTransfer;
import io.kvorum.raft.RaftMessage.Heartbeat;
import io.kvorum.raft.RaftMessage.HeartbeatReply;
import io.kvorum.raft.RaftMessage.PreVoteReply;
import io.kvorum.raft.RaftMessage.PreVoteRequest;
import io.kvorum.raft.RaftMessage.ReadIndexRefused;
import io.kvorum.raft.RaftMessage.ReadIndexReply;
import io.kvorum.raft.RaftMessage.ReadIndexRequest;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftMessage.TimeoutNow;
import io.kvorum.raft.RaftMessage.VoteReply;
import io.kvorum.raft.RaftMessage.VoteRequest;
import io.kvorum.raft.RaftMessage.VoteRequest.Cause;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.ArrayList;
import java.util.List;

/// Messages as flat JSON.
///
/// @param commitInVotes whether votes carry what their sender knows to be committed (raft.md M9)
record MessageJson(boolean commitInVotes) {
  void write(Envelope envelope, ObjectNode target) {
    target.put("from", envelope.from().value());
    target.put("to", envelope.to().value());
    target.put("term", envelope.term());
    switch (envelope.message()) {
      case AppendEntries(var previous, var entries, var commitIndex) -> {
        target.put("type", "MsgApp");
        putId(target, previous);
        target.put("commit", commitIndex);
        ArrayNode list = target.putArray("entries");
        entries.forEach(entry -> write(entry, list.addObject()));
      }
      case Heartbeat(var commitIndex, var round) ->
          target.put("type", "MsgHeartbeat").put("commit", commitIndex).put("round", round);
      case HeartbeatReply(var round) -> target.put("type", "MsgHeartbeatResp").put("round", round);
      case SnapshotOffer(var marker) -> {
        target.put("type", "MsgSnap");
        ConfigurationJson.write(marker, target.putObject("snapshot"));
      }
      case TimeoutNow(var last) -> putId(target.put("type", "MsgTimeoutNow"), last);
      case AppendReply.Matched(var matchIndex) ->
          target.put("type", "MsgAppResp").put("index", matchIndex).put("reject", false);
      case AppendReply.Conflict(var rejectedIndex, var probeAt) ->
          target
              .put("type", "MsgAppResp")
              .put("index", rejectedIndex)
              .put("reject", true)
              .put("hint", probeAt.index())
              .put("hintTerm", probeAt.term());
      case AppendReply.Outdated() -> target.put("type", "MsgAppResp").put("index", 0);
      case PreVoteRequest(var last, var committed) -> {
        putId(target.put("type", "MsgPreVote"), last);
        putCommitted(target, committed);
      }
      case VoteRequest(var last, var committed, var cause) -> {
        putId(target.put("type", "MsgVote"), last);
        putCommitted(target, committed);
        target.put("transfer", cause == Cause.TRANSFER);
      }
      case PreVoteReply(var answer, var committed) ->
          putAnswer(target.put("type", "MsgPreVoteResp"), answer, committed);
      case VoteReply(var answer, var committed) ->
          putAnswer(target.put("type", "MsgVoteResp"), answer, committed);
      case ForwardedProposal(var token, var payload) -> {
        target.put("type", "MsgProp").put("token", token);
        target.putArray("entries").addObject().put("data", payload.toStringUtf8());
      }
      case ForwardedProposalRefused(var token, var why) ->
          target
              .put("type", "MsgPropResp")
              .put("token", token)
              .put("reject", true)
              .put("refused", why.name());
      case ForwardedTransfer(var to) ->
          target.put("type", "MsgTransferLeader").put("target", to.value());
      case ReadIndexRequest(var token) -> target.put("type", "MsgReadIndex").put("token", token);
      case ReadIndexReply(var token, var index) ->
          target.put("type", "MsgReadIndexResp").put("token", token).put("index", index);
      case ReadIndexRefused(var token) ->
          target.put("type", "MsgReadIndexResp").put("token", token).put("reject", true);
    }
  }

  private static ObjectNode putId(ObjectNode target, EntryId id) {
    return target.put("logTerm", id.term()).put("index", id.index());
  }

  private void putAnswer(ObjectNode target, Answer answer, EntryId committed) {
    target.put("reject", answer == Answer.REFUSED);
    putCommitted(target, committed);
  }

  private void putCommitted(ObjectNode target, EntryId committed) {
    if (commitInVotes) {
      target.put("commit", committed.index()).put("commitTerm", committed.term());
    }
  }

  static void write(Entry entry, ObjectNode target) {
    target.put("term", entry.term());
    target.put("index", entry.index());
    target.put("type", entry.kind() == EntryKind.NORMAL ? "normal" : "conf");
    target.put("data", entry.payload().toStringUtf8());
  }

  Envelope read(JsonNode json) {
    return new Envelope(
        new MemberId(json.path("from").asLong()),
        new MemberId(json.path("to").asLong()),
        json.path("term").asLong(),
        message(json));
  }

  private RaftMessage message(JsonNode json) {
    boolean isRejected = json.path("reject").asBoolean();
    long index = json.path("index").asLong();
    long token = json.path("token").asLong();
    EntryId id = new EntryId(json.path("logTerm").asLong(), index);
    return switch (json.path("type").asText()) {
      case "MsgApp" -> new AppendEntries(id, entries(json, index), json.path("commit").asLong());
      case "MsgAppResp" ->
          isRejected
              ? new AppendReply.Conflict(
                  index, new EntryId(json.path("hintTerm").asLong(), json.path("hint").asLong()))
              : new AppendReply.Matched(index);
      case "MsgHeartbeat" ->
          new Heartbeat(json.path("commit").asLong(), json.path("round").asLong());
      case "MsgHeartbeatResp" -> new HeartbeatReply(json.path("round").asLong());
      case "MsgSnap" -> new SnapshotOffer(ConfigurationJson.readMarker(json.path("snapshot")));
      case "MsgTimeoutNow" -> new TimeoutNow(id);
      case "MsgPreVote" -> new PreVoteRequest(id, committed(json));
      case "MsgVote" ->
          new VoteRequest(
              id,
              committed(json),
              json.path("transfer").asBoolean() ? Cause.TRANSFER : Cause.TIMEOUT);
      case "MsgPreVoteResp" -> new PreVoteReply(answer(isRejected), committed(json));
      case "MsgVoteResp" -> new VoteReply(answer(isRejected), committed(json));
      case "MsgProp" ->
          new ForwardedProposal(
              token, ByteString.copyFromUtf8(json.path("entries").path(0).path("data").asText()));
      case "MsgPropResp" ->
          new ForwardedProposalRefused(
              token, ProposalRefusal.valueOf(json.path("refused").asText()));
      case "MsgTransferLeader" -> new ForwardedTransfer(new MemberId(json.path("target").asLong()));
      case "MsgReadIndex" -> new ReadIndexRequest(token);
      case "MsgReadIndexResp" ->
          isRejected ? new ReadIndexRefused(token) : new ReadIndexReply(token, index);
      default -> throw new IllegalArgumentException("unknown type of message: " + json);
    };
  }

  private EntryId committed(JsonNode json) {
    return commitInVotes
        ? new EntryId(json.path("commitTerm").asLong(), json.path("commit").asLong())
        : EntryId.NONE;
  }

  private static Answer answer(boolean isRejected) {
    return isRejected ? Answer.REFUSED : Answer.GRANTED;
  }

  private static List<Entry> entries(JsonNode json, long previousIndex) {
    List<Entry> entries = new ArrayList<>();
    for (JsonNode each : json.path("entries")) {
      long index = each.path("index").asLong(previousIndex + entries.size() + 1);
      entries.add(
          new Entry(
              new EntryId(each.path("term").asLong(), index),
              each.path("type").asText().equals("conf")
                  ? EntryKind.CONFIGURATION
                  : EntryKind.NORMAL,
              ByteString.copyFromUtf8(each.path("data").asText())));
    }
    return entries;
  }
}
