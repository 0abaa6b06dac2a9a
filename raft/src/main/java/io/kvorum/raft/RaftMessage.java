package io.kvorum.raft;

import com.google.protobuf.ByteString;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.List;

/// What members say to each other; the sender, the addressee and the term stand on the [Envelope].
public sealed interface RaftMessage {
  /// Spoken only by the leader of the envelope's term: whoever accepts it follows the sender.
  sealed interface FromLeader extends RaftMessage {}

  /// Replicates the entries right after `previous`; without entries it only tells the commit index.
  record AppendEntries(EntryId previous, List<Entry> entries, long commitIndex)
      implements FromLeader {
    public AppendEntries {
      entries = List.copyOf(entries);
    }
  }

  /// Says that the leader lives.
  ///
  /// @param commitIndex never more than what the receiver is known to hold (raft.md E11)
  /// @param readRound the highest read round that waits for confirmation (RI2)
  record Heartbeat(long commitIndex, long readRound) implements FromLeader {}

  record HeartbeatReply(long readRound) implements RaftMessage {}

  /// Replaces the receiver's log up to the marker. The files of the snapshot came on a connection
  /// of their own, and are complete and durable when this is stepped (raft.md S3, S4).
  record SnapshotOffer(SnapshotMarker marker) implements FromLeader {}

  /// Asks the receiver to campaign at once; the leader hands over to it (thesis §3.10).
  ///
  /// @param leaderLast where the leader's log ends; a receiver that ends elsewhere has been asked
  ///   too early or too late, and does nothing (L5)
  record TimeoutNow(EntryId leaderLast) implements RaftMessage {}

  /// The answers to a message of a leader about the log.
  sealed interface AppendReply extends RaftMessage {
    /// The sender's log equals the leader's up to `matchIndex`, durably.
    record Matched(long matchIndex) implements AppendReply {}

    /// The sender does not hold the `previous` entry that an append named.
    ///
    /// @param rejectedIndex the index of that entry, which tells a stale rejection (R8)
    /// @param probeAt the sender's last id that may still match (R7)
    record Conflict(long rejectedIndex, EntryId probeAt) implements AppendReply {}

    /// Nothing but the term of the envelope: the addressee leads an outdated term (T2).
    record Outdated() implements AppendReply {}
  }

  /// A campaign's question, or the question whether a campaign in the envelope's term could be won.
  ///
  /// @param last where the candidate's log ends
  /// @param committed the candidate's commit, from which a member without a leader learns (M9)
  record PreVoteRequest(EntryId last, EntryId committed) implements RaftMessage {}

  /// A granted answer echoes the term asked for, a refused one carries the voter's term (E3).
  record PreVoteReply(Answer answer, EntryId committed) implements RaftMessage {}

  /// See [PreVoteRequest]; leaves only after the candidate's own vote is durable (D1).
  record VoteRequest(EntryId last, EntryId committed, Cause cause) implements RaftMessage {
    /// Why the candidate campaigns.
    public enum Cause {
      TIMEOUT,
      /// The leader itself asked for it: a voter answers though its leader is alive (E7).
      TRANSFER
    }
  }

  record VoteReply(Answer answer, EntryId committed) implements RaftMessage {}

  /// A proposal handed on to the leader, at most once (B2).
  ///
  /// @param token the proposer's, returned in a refusal
  record ForwardedProposal(long token, ByteString payload) implements RaftMessage {}

  record ForwardedProposalRefused(long token, ProposalRefusal refusal) implements RaftMessage {}

  /// The wish that the leader hands over to `target`, handed on to it (L6).
  record ForwardedTransfer(MemberId target) implements RaftMessage {}

  /// Asks the leader for an index that a linearizable read must have applied (RI6).
  record ReadIndexRequest(long token) implements RaftMessage {}

  record ReadIndexReply(long token, long index) implements RaftMessage {}

  record ReadIndexRefused(long token) implements RaftMessage {}
}
