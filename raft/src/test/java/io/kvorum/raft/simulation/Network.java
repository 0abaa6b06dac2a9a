package io.kvorum.raft.simulation;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import io.kvorum.raft.membership.MemberId;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// Directed links between all pairs of hosts: each message is lost, delayed, repeated and held up
/// by chance, and nothing passes a cut.
///
/// Proposals handed on to a leader are never repeated: the transport promises at most once for them
/// (raft.md B2).
final class Network {
  private static final int OLD_MESSAGES = 64;
  private static final long CALM_DELAY_MICROS = 20;

  /// More ids than a group ever has in one run.
  static final int MOST_HOSTS = 64;

  private final World world;
  private final RandomGenerator random;
  private final boolean[][] isCut = new boolean[MOST_HOSTS][MOST_HOSTS];
  private final long[][] cloggedUntil = new long[MOST_HOSTS][MOST_HOSTS];
  private final long[][] wholeSince = new long[MOST_HOSTS][MOST_HOSTS];
  private final int[][] underWay = new int[MOST_HOSTS][MOST_HOSTS];
  private final Envelope[] old = new Envelope[OLD_MESSAGES];
  private int oldCount;
  private int lossPercent;
  private int duplicatePercent;
  private int capacity = Integer.MAX_VALUE;
  private boolean isHeavyTailed;
  private long reliableSinceMicros;

  Network(World world, RandomGenerator random) {
    this.world = world;
    this.random = random;
    Profile profile = world.profile();
    lossPercent = profile.has(Fault.LOSS) ? random.nextInt(1, random.nextBoolean() ? 10 : 50) : 0;
    duplicatePercent = profile.has(Fault.DUPLICATION) ? random.nextInt(1, 30) : 0;
    capacity = profile.has(Fault.NARROW_LINK) ? random.nextInt(1, 40) : Integer.MAX_VALUE;
    isHeavyTailed = profile.has(Fault.REORDERING);
  }

  void send(Envelope envelope) {
    if (random.nextInt(100) < lossPercent) {
      lost(envelope);
      return;
    }
    int from = slot(envelope.from());
    int to = slot(envelope.to());
    if (underWay[from][to] >= capacity) {
      lost(envelope);
      world.connectionBroke(envelope.from(), envelope.to());
      return;
    }
    schedule(envelope);
    if (isRepeatable(envelope)) {
      if (duplicatePercent > 0 && random.nextInt(100) < duplicatePercent) {
        schedule(envelope);
      }
      if (random.nextInt(16) == 0) {
        old[oldCount++ % OLD_MESSAGES] = envelope;
      }
    }
  }

  private void schedule(Envelope envelope) {
    int from = slot(envelope.from());
    int to = slot(envelope.to());
    underWay[from][to]++;
    long heldUp = Math.max(0, cloggedUntil[from][to] - world.nowMicros());
    world.after(heldUp + delayMicros(), new Event.Deliver(envelope, world.nowMicros()));
  }

  private static boolean isRepeatable(Envelope envelope) {
    return !(envelope.message() instanceof RaftMessage.ForwardedProposal);
  }

  private long delayMicros() {
    if (world.isCalm()) {
      return CALM_DELAY_MICROS;
    }
    long mean = world.profile().pace().networkMicros();
    if (isHeavyTailed && random.nextInt(20) == 0) {
      return World.exponential(random, mean * 40);
    }
    // Without reordering the spread is small, but messages may still overtake each other.
    return isHeavyTailed ? World.exponential(random, mean) : mean + random.nextLong(mean / 8 + 1);
  }

  /// A message has come to the end of its link; returns whether it gets through.
  boolean arrives(Envelope envelope, long sentMicros) {
    int from = slot(envelope.from());
    int to = slot(envelope.to());
    underWay[from][to]--;
    if (isCut[from][to] || sentMicros < reliableSinceMicros) {
      lost(envelope);
      return false;
    }
    return true;
  }

  private void lost(Envelope envelope) {
    world.witnesses().situations().lost(envelope);
  }

  boolean isCut(MemberId from, MemberId to) {
    return isCut[slot(from)][slot(to)];
  }

  void cut(MemberId from, MemberId to) {
    isCut[slot(from)][slot(to)] = true;
  }

  /// When messages between the two began to get through in both directions without a break until
  /// now; never if they do not.
  long wholeSinceMicros(MemberId one, MemberId other) {
    return isCut(one, other) || isCut(other, one)
        ? Long.MAX_VALUE
        : Math.max(wholeSince[slot(one)][slot(other)], wholeSince[slot(other)][slot(one)]);
  }

  void clog(MemberId from, MemberId to, long untilMicros) {
    cloggedUntil[slot(from)][slot(to)] = untilMicros;
  }

  /// Sends something of long ago again.
  void replayOld() {
    if (oldCount > 0) {
      schedule(old[random.nextInt(Math.min(oldCount, OLD_MESSAGES))]);
    }
  }

  void healCuts() {
    for (int from = 0; from < MOST_HOSTS; from++) {
      for (int to = 0; to < MOST_HOSTS; to++) {
        if (isCut[from][to]) {
          isCut[from][to] = false;
          wholeSince[from][to] = world.nowMicros();
        }
      }
    }
  }

  /// No more faults, and nothing comes any more that is under way; cuts are healed apart.
  void becomeReliable() {
    reliableSinceMicros = world.nowMicros();
    lossPercent = 0;
    duplicatePercent = 0;
    capacity = Integer.MAX_VALUE;
    isHeavyTailed = false;
    for (long[] row : cloggedUntil) {
      Arrays.fill(row, 0);
    }
  }

  private static int slot(MemberId id) {
    return (int) id.value();
  }
}
