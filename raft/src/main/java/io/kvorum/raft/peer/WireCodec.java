package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import io.kvorum.invariant.Invariant;
import io.kvorum.proto.peer.AppendReply.Conflict;
import io.kvorum.proto.peer.AppendReply.Matched;
import io.kvorum.proto.peer.AppendReply.Outdated;
import io.kvorum.proto.peer.AppendRequest;
import io.kvorum.proto.peer.EntryKind;
import io.kvorum.proto.peer.ForwardedProposal;
import io.kvorum.proto.peer.HeartbeatReply;
import io.kvorum.proto.peer.HeartbeatRequest;
import io.kvorum.proto.peer.Ping;
import io.kvorum.proto.peer.Pong;
import io.kvorum.proto.peer.PreVoteReply;
import io.kvorum.proto.peer.PreVoteRequest;
import io.kvorum.proto.peer.ProposalForward;
import io.kvorum.proto.peer.ProposalForwardReply;
import io.kvorum.proto.peer.ReadIndexReply;
import io.kvorum.proto.peer.ReadIndexRequest;
import io.kvorum.proto.peer.RefusedProposal;
import io.kvorum.proto.peer.SnapshotOffer;
import io.kvorum.proto.peer.TimeoutNow;
import io.kvorum.proto.peer.TransferForward;
import io.kvorum.proto.peer.VoteReply;
import io.kvorum.proto.peer.VoteRequest;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.Collection;
import java.util.List;

/// Translates between the core's messages, or notes, and those of `peer.proto`. Payloads are
/// shared, never copied. Pure; the way back, which has to expect anything, is [WireReader].
public final class WireCodec {
  /// Longest note: one must not hold up the appends behind it.
  public static final int NOTE_BYTES = 256 << 10;

  private WireCodec() {}

  /// The message as it is sent.
  public static io.kvorum.proto.peer.Envelope encode(Envelope envelope) {
    var wire =
        io.kvorum.proto.peer.Envelope.newBuilder()
            .setFrom(envelope.from().value())
            .setTo(envelope.to().value())
            .setTerm(envelope.term());
    switch (envelope.message()) {
      case RaftMessage.PreVoteRequest(var last, var committed) ->
          wire.setPreVoteRequest(
              PreVoteRequest.newBuilder().setLastEntry(id(last)).setCommitted(id(committed)));
      case RaftMessage.PreVoteReply(var answer, var committed) ->
          wire.setPreVoteReply(
              PreVoteReply.newBuilder().setGranted(isGrant(answer)).setCommitted(id(committed)));
      case RaftMessage.VoteRequest(var last, var committed, var cause) ->
          wire.setVoteRequest(
              VoteRequest.newBuilder()
                  .setLastEntry(id(last))
                  .setCommitted(id(committed))
                  .setLeadershipTransfer(isTransfer(cause)));
      case RaftMessage.VoteReply(var answer, var committed) ->
          wire.setVoteReply(
              VoteReply.newBuilder().setGranted(isGrant(answer)).setCommitted(id(committed)));
      case RaftMessage.AppendEntries append -> wire.setAppendRequest(append(append));
      case RaftMessage.AppendReply reply -> wire.setAppendReply(appendReply(reply));
      case RaftMessage.Heartbeat(var commitIndex, var readRound) ->
          wire.setHeartbeatRequest(
              HeartbeatRequest.newBuilder().setCommitIndex(commitIndex).setReadRound(readRound));
      case RaftMessage.HeartbeatReply(var readRound) ->
          wire.setHeartbeatReply(HeartbeatReply.newBuilder().setReadRound(readRound));
      case RaftMessage.SnapshotOffer(var marker) ->
          wire.setSnapshotOffer(
              SnapshotOffer.newBuilder()
                  .setLastIncluded(id(marker.id()))
                  .setConfiguration(configuration(marker.configuration())));
      case RaftMessage.TimeoutNow(var leaderLast) ->
          wire.setTimeoutNow(TimeoutNow.newBuilder().setLeaderLast(id(leaderLast)));
      case RaftMessage.ReadIndexRequest(var token) ->
          wire.setReadIndexRequest(ReadIndexRequest.newBuilder().setToken(token));
      case RaftMessage.ReadIndexReply(var token, var index) ->
          wire.setReadIndexReply(ReadIndexReply.newBuilder().setToken(token).setIndex(index));
      case RaftMessage.ReadIndexRefused(var token) ->
          wire.setReadIndexReply(
              ReadIndexReply.newBuilder()
                  .setToken(token)
                  .setAborted(ReadIndexReply.Aborted.getDefaultInstance()));
      case RaftMessage.ForwardedProposal(var token, var payload) ->
          wire.setProposalForward(
              ProposalForward.newBuilder()
                  .addProposals(
                      ForwardedProposal.newBuilder().setToken(token).setPayload(payload)));
      case RaftMessage.ForwardedProposalRefused(var token, var refusal) ->
          wire.setProposalForwardReply(
              ProposalForwardReply.newBuilder()
                  .addRefused(
                      RefusedProposal.newBuilder().setToken(token).setReason(reason(refusal))));
      case RaftMessage.ForwardedTransfer(var target) ->
          wire.setTransferForward(TransferForward.newBuilder().setTarget(target.value()));
    }
    return wire.build();
  }

  /// The note as it is sent.
  static io.kvorum.proto.peer.Envelope encodeNote(MemberId from, MemberId to, ByteString note) {
    Invariant.check(note.size() <= NOTE_BYTES, "a note of %d bytes", note.size());
    return io.kvorum.proto.peer.Envelope.newBuilder()
        .setFrom(from.value())
        .setTo(to.value())
        .setNote(note)
        .build();
  }

  /// The ping as it is sent.
  static io.kvorum.proto.peer.Envelope encodePing(MemberId from, MemberId to, long number) {
    return io.kvorum.proto.peer.Envelope.newBuilder()
        .setFrom(from.value())
        .setTo(to.value())
        .setPing(Ping.newBuilder().setNumber(number))
        .build();
  }

  /// The answer to a ping as it is sent.
  static io.kvorum.proto.peer.Envelope encodePong(MemberId from, MemberId to, long number) {
    return io.kvorum.proto.peer.Envelope.newBuilder()
        .setFrom(from.value())
        .setTo(to.value())
        .setPong(Pong.newBuilder().setNumber(number))
        .build();
  }

  /// What a received frame says.
  ///
  /// @param frame is kept: payloads are slices of it
  public static Decoded decode(byte[] frame) {
    return WireReader.read(frame);
  }

  /// What became of a frame.
  public sealed interface Decoded {
    /// Mostly one; a frame with several forwarded proposals is as many messages, in their order.
    record Messages(List<Envelope> envelopes) implements Decoded {
      public Messages {
        envelopes = List.copyOf(envelopes);
      }
    }

    /// What the sender's server says to this one's.
    record Note(MemberId from, MemberId to, ByteString content) implements Decoded {}

    /// The sender wants to know that it is heard.
    record Pinged(MemberId from, MemberId to, long number) implements Decoded {}

    /// The sender has heard a ping.
    record Ponged(MemberId from, MemberId to, long number) implements Decoded {}

    /// Of a kind that only a later version knows: to be ignored.
    record Unknown() implements Decoded {}

    /// Nothing this protocol allows: the sender is broken, and its connection to be closed.
    record Malformed(String reason) implements Decoded {}
  }

  private static AppendRequest append(RaftMessage.AppendEntries append) {
    var wire =
        AppendRequest.newBuilder()
            .setPrevious(id(append.previous()))
            .setCommitIndex(append.commitIndex());
    long index = append.previous().index();
    for (Entry entry : append.entries()) {
      index++;
      Invariant.check(entry.index() == index, "entry %s is sent as index %d", entry.id(), index);
      wire.addEntries(
          io.kvorum.proto.peer.Entry.newBuilder()
              .setTerm(entry.term())
              .setKind(kind(entry.kind()))
              .setPayload(entry.payload()));
    }
    return wire.build();
  }

  private static io.kvorum.proto.peer.AppendReply appendReply(RaftMessage.AppendReply reply) {
    var wire = io.kvorum.proto.peer.AppendReply.newBuilder();
    switch (reply) {
      case RaftMessage.AppendReply.Matched(var matchIndex) ->
          wire.setMatched(Matched.newBuilder().setMatchIndex(matchIndex));
      case RaftMessage.AppendReply.Conflict(var rejectedIndex, var probeAt) ->
          wire.setConflict(
              Conflict.newBuilder().setRefusedIndex(rejectedIndex).setProbeAt(id(probeAt)));
      case RaftMessage.AppendReply.Outdated() -> wire.setOutdated(Outdated.getDefaultInstance());
    }
    return wire.build();
  }

  private static io.kvorum.proto.peer.EntryId id(EntryId id) {
    return id.equals(EntryId.NONE)
        ? io.kvorum.proto.peer.EntryId.getDefaultInstance()
        : io.kvorum.proto.peer.EntryId.newBuilder().setTerm(id.term()).setIndex(id.index()).build();
  }

  private static EntryKind kind(io.kvorum.raft.EntryKind kind) {
    return switch (kind) {
      case NORMAL -> EntryKind.NORMAL;
      case CONFIGURATION -> EntryKind.CONFIGURATION;
    };
  }

  private static boolean isGrant(Answer answer) {
    Invariant.check(answer != Answer.MISSING, "a missing vote cannot be sent");
    return answer == Answer.GRANTED;
  }

  private static boolean isTransfer(RaftMessage.VoteRequest.Cause cause) {
    return switch (cause) {
      case TIMEOUT -> false;
      case TRANSFER -> true;
    };
  }

  /// The wire tells fewer reasons apart: a member without a leader is one that does not lead, and
  /// the last two do not occur on the way back from a leader.
  private static RefusedProposal.Reason reason(ProposalRefusal refusal) {
    return switch (refusal) {
      case NO_LEADER, NOT_LEADER -> RefusedProposal.Reason.NOT_LEADER;
      case UNCOMMITTED_LIMIT -> RefusedProposal.Reason.UNCOMMITTED_LIMIT;
      case CHANGE_PENDING -> RefusedProposal.Reason.CONFIGURATION_PENDING;
      case CHANGE_ILLEGAL -> RefusedProposal.Reason.CONFIGURATION_ILLEGAL;
      case TRANSFERRING -> RefusedProposal.Reason.TRANSFERRING;
      case TRANSFER_TARGET, STOPPED -> RefusedProposal.Reason.UNSPECIFIED;
    };
  }

  private static io.kvorum.proto.peer.Configuration configuration(Configuration configuration) {
    return io.kvorum.proto.peer.Configuration.newBuilder()
        .addAllVoters(values(configuration.voters()))
        .addAllOutgoingVoters(values(configuration.outgoing()))
        .addAllLearners(values(configuration.learners()))
        .addAllNextLearners(values(configuration.learnersNext()))
        .setAutoLeave(configuration.autoLeave())
        .build();
  }

  private static List<Long> values(Collection<MemberId> members) {
    return members.stream().map(MemberId::value).toList();
  }
}
