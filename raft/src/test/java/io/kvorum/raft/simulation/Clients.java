package io.kvorum.raft.simulation;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.Input;
import io.kvorum.raft.ProposalRefusal;
import io.kvorum.raft.Ready.ReadVerdict;
import io.kvorum.raft.Ready.RefusedProposal;
import io.kvorum.raft.RoleKind;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Puts and reads at any member, and the history of what came of them (I18, I19).
final class Clients {
  private static final int HUGE_BYTES = 12_000;

  /// A put: refused, applied at an index, or unknown.
  private static final class Put {
    final RoleKind roleThen;
    boolean isRefused;
    long appliedIndex;

    Put(MemberProcess at) {
      this.roleThen = at.core.roleNow().role();
    }
  }

  /// A read that waits for its index.
  private record Read(MemberProcess at, long requiredIndex) {}

  private final World world;
  private final RandomGenerator random;
  private final Map<Long, Put> puts = new HashMap<>();
  private final Map<Long, Read> reads = new HashMap<>();
  private long lastToken;

  /// The highest index whose effect some client has been told of.
  private long acknowledgedIndex;

  Clients(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
  }

  long nextToken() {
    return ++lastToken;
  }

  void act() {
    List<MemberProcess> running = world.running();
    if (running.isEmpty()) {
      return;
    }
    MemberProcess at = running.get(random.nextInt(running.size()));
    if (random.nextInt(3) == 0) {
      read(at);
    } else {
      put(at);
    }
  }

  /// Proposes a put, and returns its token.
  long put(MemberProcess at) {
    long token = nextToken();
    puts.put(token, new Put(at));
    at.step(new Input.Propose(token, payload(token)));
    return token;
  }

  /// Asks for a read, and returns its token.
  long read(MemberProcess at) {
    long token = nextToken();
    reads.put(token, new Read(at, acknowledgedIndex));
    at.step(new Input.ReadIndex(token));
    return token;
  }

  private ByteString payload(long token) {
    int ballast = random.nextInt(8) == 0 ? random.nextInt(400) : random.nextInt(24);
    if (world.isFaulty(Fault.HUGE_ENTRY, random, 200)) {
      ballast = HUGE_BYTES;
    }
    ByteBuffer bytes = ByteBuffer.allocate(KvState.PUT_BYTES + ballast);
    bytes.putLong(token).put((byte) random.nextInt(16)).rewind();
    return ByteString.copyFrom(bytes);
  }

  boolean isApplied(long token) {
    Put put = puts.get(token);
    return put != null && put.appliedIndex > 0;
  }

  boolean isRefused(long token) {
    Put put = puts.get(token);
    return put != null && put.isRefused;
  }

  boolean isUndecided(long readToken) {
    return reads.containsKey(readToken);
  }

  /// A member has applied a put. The same entry at another member is no news.
  void applied(MemberProcess process, Entry entry) {
    acknowledgedIndex = Math.max(acknowledgedIndex, entry.index());
    if (entry.payload().size() < KvState.PUT_BYTES) {
      return;
    }
    Put put = puts.get(KvState.tokenOf(entry.payload()));
    Violation.unless(put != null, "I19", "%s applies %s, which nobody proposed", process, entry);
    if (put == null) {
      return;
    }
    Violation.unless(!put.isRefused, "I19", "%s was refused, %s applies it", entry.id(), process);
    Violation.unless(
        put.appliedIndex == 0 || put.appliedIndex == entry.index(),
        "I19",
        "the put at %d is there again at %d",
        put.appliedIndex,
        entry.index());
    if (put.appliedIndex == 0 && put.roleThen != RoleKind.LEADER) {
      world.coverage().saw(Sometimes.FORWARDED_PROPOSAL_APPLIED);
    }
    put.appliedIndex = entry.index();
  }

  void refused(RefusedProposal refused) {
    Put put = puts.get(refused.token());
    if (put != null) {
      Violation.unless(put.appliedIndex == 0, "I19", "%s came after the put was applied", refused);
      put.isRefused = true;
    }
    cover(refused.refusal());
  }

  private void cover(ProposalRefusal refusal) {
    switch (refusal) {
      case UNCOMMITTED_LIMIT -> world.coverage().saw(Sometimes.UNCOMMITTED_LIMIT_HIT);
      case CHANGE_PENDING -> world.coverage().saw(Sometimes.CHANGE_REFUSED_AS_PENDING);
      case CHANGE_ILLEGAL -> world.coverage().saw(Sometimes.CHANGE_REFUSED_AS_ILLEGAL);
      case TRANSFERRING -> world.coverage().saw(Sometimes.REFUSED_WHILE_TRANSFERRING);
      case TRANSFER_TARGET -> world.coverage().saw(Sometimes.TRANSFER_REFUSED);
      case NO_LEADER, NOT_LEADER, STOPPED -> {}
    }
  }

  void readDecided(MemberProcess process, ReadVerdict verdict) {
    Read read = reads.remove(verdict.token());
    Violation.unless(
        read != null && read.at().equals(process),
        "I18",
        "%s decides %s, which is not open there",
        process,
        verdict);
    if (read == null) {
      return;
    }
    switch (verdict) {
      case ReadVerdict.Aborted _ -> world.coverage().saw(Sometimes.READ_ABORTED);
      case ReadVerdict.Confirmed(var token, var index) -> {
        Violation.unless(
            index >= read.requiredIndex(),
            "I18",
            "read %d at %s may see %d, a client knew of %d before",
            token,
            process,
            index,
            read.requiredIndex());
        acknowledgedIndex = Math.max(acknowledgedIndex, index);
        coverConfirmed(process);
      }
    }
  }

  private void coverConfirmed(MemberProcess process) {
    boolean isLeader = process.core.roleNow().role() == RoleKind.LEADER;
    if (isLeader) {
      world.witnesses().situations().readConfirmed();
    }
    world
        .coverage()
        .saw(isLeader ? Sometimes.READ_CONFIRMED_AT_LEADER : Sometimes.READ_CONFIRMED_AT_FOLLOWER);
    if (process.state().configuration().isJoint()) {
      world.coverage().saw(Sometimes.READ_CONFIRMED_IN_JOINT);
    }
  }
}
