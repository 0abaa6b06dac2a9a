package io.kvorum.raft.peer;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.quorum.VoteTally.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;

/// Draws messages of every kind, with small numbers and with the largest ones.
final class RandomMessages {
  static final int KINDS = 18;

  private final Random random;

  RandomMessages(long seed) {
    this.random = new Random(seed);
  }

  Envelope next(int kind) {
    long term = number();
    return new Envelope(member(), member(), term, message(kind, term));
  }

  private RaftMessage message(int kind, long term) {
    return switch (kind) {
      case 0 -> append(term);
      case 1 -> new RaftMessage.Heartbeat(number(), number());
      case 2 -> new RaftMessage.HeartbeatReply(number());
      case 3 -> new RaftMessage.SnapshotOffer(new SnapshotMarker(id(), configuration()));
      case 4 -> new RaftMessage.TimeoutNow(id());
      case 5 -> new RaftMessage.AppendReply.Matched(number());
      case 6 -> new RaftMessage.AppendReply.Conflict(number(), id());
      case 7 -> new RaftMessage.AppendReply.Outdated();
      case 8 -> new RaftMessage.PreVoteRequest(id(), id());
      case 9 -> new RaftMessage.PreVoteReply(answer(), id());
      case 10 -> new RaftMessage.VoteRequest(id(), id(), RaftMessage.VoteRequest.Cause.TIMEOUT);
      case 11 -> new RaftMessage.VoteRequest(id(), id(), RaftMessage.VoteRequest.Cause.TRANSFER);
      case 12 -> new RaftMessage.VoteReply(answer(), id());
      case 13 -> new RaftMessage.ForwardedProposal(random.nextLong(), payload());
      case 14 -> new RaftMessage.ForwardedProposalRefused(random.nextLong(), refusal());
      case 15 -> new RaftMessage.ForwardedTransfer(member());
      case 16 -> new RaftMessage.ReadIndexRequest(random.nextLong());
      case 17 ->
          random.nextBoolean()
              ? new RaftMessage.ReadIndexReply(random.nextLong(), number())
              : new RaftMessage.ReadIndexRefused(random.nextLong());
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }

  private RaftMessage append(long term) {
    long entryTerm = term == 0 ? 0 : random.nextLong(term);
    EntryId previous = new EntryId(entryTerm, random.nextLong(1L << random.nextInt(1, 62)));
    List<Entry> entries = new ArrayList<>();
    for (int i = 1; i <= random.nextInt(5); i++) {
      entryTerm = random.nextBoolean() ? term : entryTerm;
      EntryKind kind = random.nextInt(4) == 0 ? EntryKind.CONFIGURATION : EntryKind.NORMAL;
      entries.add(new Entry(new EntryId(entryTerm, previous.index() + i), kind, payload()));
    }
    return new RaftMessage.AppendEntries(previous, entries, number());
  }

  private Configuration configuration() {
    NavigableSet<MemberId> voters = members(1 + random.nextInt(5));
    NavigableSet<MemberId> outgoing = members(random.nextInt(5));
    NavigableSet<MemberId> learners = members(random.nextInt(3));
    learners.removeAll(voters);
    learners.removeAll(outgoing);
    NavigableSet<MemberId> learnersNext = new TreeSet<>(outgoing);
    learnersNext.removeAll(voters);
    boolean autoLeave = !outgoing.isEmpty() && random.nextBoolean();
    return new Configuration(voters, outgoing, learners, learnersNext, autoLeave);
  }

  private NavigableSet<MemberId> members(int count) {
    NavigableSet<MemberId> members = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      members.add(member());
    }
    return members;
  }

  /// Of both halves of the unsigned range.
  private MemberId member() {
    return new MemberId(random.nextInt(3) == 0 ? random.nextInt(4) : random.nextLong());
  }

  private EntryId id() {
    return random.nextInt(8) == 0 ? EntryId.NONE : new EntryId(number(), number());
  }

  private long number() {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> Long.MAX_VALUE;
      default -> random.nextLong(1L << random.nextInt(1, 63));
    };
  }

  private Answer answer() {
    return random.nextBoolean() ? Answer.GRANTED : Answer.REFUSED;
  }

  private ProposalRefusal refusal() {
    return List.of(
            ProposalRefusal.NOT_LEADER,
            ProposalRefusal.UNCOMMITTED_LIMIT,
            ProposalRefusal.CHANGE_PENDING,
            ProposalRefusal.CHANGE_ILLEGAL,
            ProposalRefusal.TRANSFERRING)
        .get(random.nextInt(5));
  }

  private ByteString payload() {
    byte[] bytes = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(300)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }
}
