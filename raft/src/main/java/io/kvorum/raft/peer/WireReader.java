package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.proto.peer.AppendRequest;
import io.kvorum.proto.peer.ProposalForward;
import io.kvorum.proto.peer.ProposalForwardReply;
import io.kvorum.proto.peer.RefusedProposal;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.WireCodec.Decoded;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;

/// Reads what a peer sent, and believes nothing: whatever would break an invariant of the core's
/// values is malformed, and a message is taken whole or not at all.
///
/// Its own exceptions stay inside: both are ways out of a nested message.
final class WireReader {
  private WireReader() {}

  static Decoded read(byte[] frame) {
    try {
      CodedInputStream in = UnsafeByteOperations.unsafeWrap(frame).newCodedInput();
      in.enableAliasing(true);
      var wire = io.kvorum.proto.peer.Envelope.parseFrom(in);
      MemberId from = new MemberId(wire.getFrom());
      MemberId to = new MemberId(wire.getTo());
      if (wire.hasNote()) {
        return new Decoded.Note(from, to, note(wire.getNote()));
      }
      if (wire.hasPing()) {
        return new Decoded.Pinged(from, to, wire.getPing().getNumber());
      }
      if (wire.hasPong()) {
        return new Decoded.Ponged(from, to, wire.getPong().getNumber());
      }
      long term = position(wire.getTerm());
      List<Envelope> envelopes = new ArrayList<>(1);
      for (RaftMessage message : messages(wire)) {
        envelopes.add(new Envelope(from, to, term, message));
      }
      return new Decoded.Messages(envelopes);
    } catch (UnknownKind e) {
      return new Decoded.Unknown();
    } catch (MalformedMessage e) {
      return new Decoded.Malformed(String.valueOf(e.getMessage()));
    } catch (InvalidProtocolBufferException e) {
      return new Decoded.Malformed("not a protobuf message");
    } catch (IOException e) {
      return new Decoded.Malformed("it cannot be read");
    }
  }

  private static List<RaftMessage> messages(io.kvorum.proto.peer.Envelope wire)
      throws UnknownKind, MalformedMessage {
    return switch (wire.getMessageCase()) {
      case PROPOSAL_FORWARD -> forwarded(wire.getProposalForward());
      case PROPOSAL_FORWARD_REPLY -> refused(wire.getProposalForwardReply());
      default -> List.of(message(wire));
    };
  }

  private static RaftMessage message(io.kvorum.proto.peer.Envelope wire)
      throws UnknownKind, MalformedMessage {
    return switch (wire.getMessageCase()) {
      case PRE_VOTE_REQUEST -> {
        var request = wire.getPreVoteRequest();
        yield new RaftMessage.PreVoteRequest(
            id(request.getLastEntry()), id(request.getCommitted()));
      }
      case PRE_VOTE_REPLY -> {
        var reply = wire.getPreVoteReply();
        yield new RaftMessage.PreVoteReply(answer(reply.getGranted()), id(reply.getCommitted()));
      }
      case VOTE_REQUEST -> {
        var request = wire.getVoteRequest();
        yield new RaftMessage.VoteRequest(
            id(request.getLastEntry()),
            id(request.getCommitted()),
            request.getLeadershipTransfer()
                ? RaftMessage.VoteRequest.Cause.TRANSFER
                : RaftMessage.VoteRequest.Cause.TIMEOUT);
      }
      case VOTE_REPLY -> {
        var reply = wire.getVoteReply();
        yield new RaftMessage.VoteReply(answer(reply.getGranted()), id(reply.getCommitted()));
      }
      case APPEND_REQUEST -> append(wire.getAppendRequest(), wire.getTerm());
      case APPEND_REPLY -> appendReply(wire.getAppendReply());
      case HEARTBEAT_REQUEST -> {
        var request = wire.getHeartbeatRequest();
        yield new RaftMessage.Heartbeat(
            position(request.getCommitIndex()), position(request.getReadRound()));
      }
      case HEARTBEAT_REPLY ->
          new RaftMessage.HeartbeatReply(position(wire.getHeartbeatReply().getReadRound()));
      case SNAPSHOT_OFFER -> {
        var offer = wire.getSnapshotOffer();
        yield new RaftMessage.SnapshotOffer(
            new SnapshotMarker(
                id(offer.getLastIncluded()), configuration(offer.getConfiguration())));
      }
      case TIMEOUT_NOW -> new RaftMessage.TimeoutNow(id(wire.getTimeoutNow().getLeaderLast()));
      case READ_INDEX_REQUEST ->
          new RaftMessage.ReadIndexRequest(wire.getReadIndexRequest().getToken());
      case READ_INDEX_REPLY -> readIndexReply(wire.getReadIndexReply());
      case TRANSFER_FORWARD ->
          new RaftMessage.ForwardedTransfer(new MemberId(wire.getTransferForward().getTarget()));
      case PROPOSAL_FORWARD, PROPOSAL_FORWARD_REPLY, NOTE, PING, PONG, MESSAGE_NOT_SET ->
          throw new UnknownKind();
    };
  }

  private static ByteString note(ByteString wire) throws MalformedMessage {
    if (wire.size() > WireCodec.NOTE_BYTES) {
      throw new MalformedMessage("a note of %d bytes".formatted(wire.size()));
    }
    return wire;
  }

  private static RaftMessage append(AppendRequest wire, long term)
      throws UnknownKind, MalformedMessage {
    EntryId previous = id(wire.getPrevious());
    if (previous.index() > Long.MAX_VALUE - wire.getEntriesCount()) {
      throw new MalformedMessage("entries beyond the last index");
    }
    List<Entry> entries = new ArrayList<>(wire.getEntriesCount());
    EntryId last = previous;
    for (var entry : wire.getEntriesList()) {
      if (entry.getTerm() < last.term() || entry.getTerm() > term) {
        throw new MalformedMessage("an entry's term is out of order");
      }
      if (!EntryKind.isCode(entry.getKindValue())) {
        throw new UnknownKind();
      }
      last = new EntryId(entry.getTerm(), last.index() + 1);
      entries.add(new Entry(last, EntryKind.ofCode(entry.getKindValue()), entry.getPayload()));
    }
    return new RaftMessage.AppendEntries(previous, entries, position(wire.getCommitIndex()));
  }

  private static RaftMessage appendReply(io.kvorum.proto.peer.AppendReply wire)
      throws UnknownKind, MalformedMessage {
    return switch (wire.getOutcomeCase()) {
      case MATCHED ->
          new RaftMessage.AppendReply.Matched(position(wire.getMatched().getMatchIndex()));
      case CONFLICT ->
          new RaftMessage.AppendReply.Conflict(
              position(wire.getConflict().getRefusedIndex()), id(wire.getConflict().getProbeAt()));
      case OUTDATED -> new RaftMessage.AppendReply.Outdated();
      case OUTCOME_NOT_SET -> throw new UnknownKind();
    };
  }

  private static RaftMessage readIndexReply(io.kvorum.proto.peer.ReadIndexReply wire)
      throws UnknownKind, MalformedMessage {
    return switch (wire.getOutcomeCase()) {
      case INDEX -> new RaftMessage.ReadIndexReply(wire.getToken(), position(wire.getIndex()));
      case ABORTED -> new RaftMessage.ReadIndexRefused(wire.getToken());
      case OUTCOME_NOT_SET -> throw new UnknownKind();
    };
  }

  /// Only commands are forwarded: a configuration proposed as a command would be applied as one.
  private static List<RaftMessage> forwarded(ProposalForward wire) throws UnknownKind {
    List<RaftMessage> messages = new ArrayList<>(wire.getProposalsCount());
    for (var proposal : wire.getProposalsList()) {
      if (proposal.getKindValue() != EntryKind.NORMAL.code()) {
        throw new UnknownKind();
      }
      messages.add(new RaftMessage.ForwardedProposal(proposal.getToken(), proposal.getPayload()));
    }
    return messages;
  }

  private static List<RaftMessage> refused(ProposalForwardReply wire) {
    List<RaftMessage> messages = new ArrayList<>(wire.getRefusedCount());
    for (RefusedProposal refused : wire.getRefusedList()) {
      messages.add(
          new RaftMessage.ForwardedProposalRefused(
              refused.getToken(), refusal(refused.getReason())));
    }
    return messages;
  }

  /// Whatever the reason, the proposal is in no log, and may be made again.
  private static ProposalRefusal refusal(RefusedProposal.Reason reason) {
    return switch (reason) {
      case NOT_LEADER, UNSPECIFIED, UNRECOGNIZED -> ProposalRefusal.NOT_LEADER;
      case TRANSFERRING -> ProposalRefusal.TRANSFERRING;
      case UNCOMMITTED_LIMIT -> ProposalRefusal.UNCOMMITTED_LIMIT;
      case CONFIGURATION_PENDING -> ProposalRefusal.CHANGE_PENDING;
      case CONFIGURATION_ILLEGAL -> ProposalRefusal.CHANGE_ILLEGAL;
    };
  }

  private static Configuration configuration(io.kvorum.proto.peer.Configuration wire)
      throws MalformedMessage {
    NavigableSet<MemberId> voters = members(wire.getVotersList());
    NavigableSet<MemberId> outgoing = members(wire.getOutgoingVotersList());
    NavigableSet<MemberId> learners = members(wire.getLearnersList());
    NavigableSet<MemberId> learnersNext = members(wire.getNextLearnersList());
    boolean legal =
        !voters.isEmpty()
            && Collections.disjoint(learners, voters)
            && Collections.disjoint(learners, outgoing)
            && outgoing.containsAll(learnersNext)
            && Collections.disjoint(learnersNext, voters)
            && (!outgoing.isEmpty() || !wire.getAutoLeave());
    if (!legal) {
      throw new MalformedMessage("an illegal configuration");
    }
    return new Configuration(voters, outgoing, learners, learnersNext, wire.getAutoLeave());
  }

  private static NavigableSet<MemberId> members(List<Long> wire) throws MalformedMessage {
    NavigableSet<MemberId> members = new TreeSet<>();
    for (Long value : wire) {
      MemberId member = new MemberId(value);
      if (!members.isEmpty() && member.compareTo(members.last()) <= 0) {
        throw new MalformedMessage("members out of order");
      }
      members.add(member);
    }
    return members;
  }

  private static EntryId id(io.kvorum.proto.peer.EntryId wire) throws MalformedMessage {
    return new EntryId(position(wire.getTerm()), position(wire.getIndex()));
  }

  /// A term, an index or a count: the upper half of the unsigned range is never used.
  private static long position(long value) throws MalformedMessage {
    if (value < 0) {
      throw new MalformedMessage("a number beyond 2^63");
    }
    return value;
  }

  private static Answer answer(boolean granted) {
    return granted ? Answer.GRANTED : Answer.REFUSED;
  }

  private static final class UnknownKind extends Exception {
    UnknownKind() {
      super("unknown kind", null, false, false);
    }
  }

  private static final class MalformedMessage extends Exception {
    MalformedMessage(String reason) {
      super(reason, null, false, false);
    }
  }
}
