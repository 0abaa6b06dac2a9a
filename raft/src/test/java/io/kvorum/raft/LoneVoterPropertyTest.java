package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ready.ReadVerdict.Confirmed;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// Random inputs, disk delays and crashes that lose everything unsynced, against what a client was
/// told: an entry handed out (acknowledged after apply) stays at its index for ever.
class LoneVoterPropertyTest {
  private static final MemberId SELF = new MemberId(7);
  private static final int SEEDS = 400;
  private static final int STEPS = 400;

  @Test
  void acknowledgedEntries_surviveEveryCrash() {
    int crashes = 0;
    int drops = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      Run run = new Run(seed);
      for (int i = 0; i < STEPS; i++) {
        run.step();
      }
      run.settle();
      crashes += run.member.boot() - 1;
      drops += run.member.base().index() > 1 ? 1 : 0;
    }

    assertThat(crashes).as("crashes").isGreaterThan(SEEDS);
    assertThat(drops).as("runs that dropped a prefix").isGreaterThan(SEEDS / 10);
  }

  /// I23: the same seed gives the same effects.
  @Test
  void sameSeed_runTwice_leavesTheSameTrace() {
    for (long seed = 1; seed <= 20; seed++) {
      List<List<Persist>> first = trace(seed);

      assertThat(trace(seed)).as("seed %d", seed).isEqualTo(first);
    }
  }

  private static List<List<Persist>> trace(long seed) {
    Run run = new Run(seed);
    List<List<Persist>> trace = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      run.step();
      trace.add(run.member.unsynced());
    }
    return trace;
  }

  private static final class Run {
    private final long seed;
    private final SplittableRandom random;
    private final SimulatedMember member;
    private final NavigableMap<Long, Entry> acknowledged = new TreeMap<>();
    private final Map<Long, Long> readsFrom = new TreeMap<>();
    private long nextHandedOut = 2;
    private long highestTerm = 1;
    private long tokens;

    Run(long seed) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      RaftOptions options =
          RaftOptions.defaults()
              .withLimits(
                  new RaftOptions.Limits(
                      random.nextInt(20, 200),
                      random.nextInt(5, 100),
                      random.nextInt(1, 10),
                      random.nextInt(1, 5),
                      random.nextInt(1, 40)))
              .withTail(new RaftOptions.Tail(random.nextInt(0, 8), random.nextInt(0, 60)));
      member = new SimulatedMember(SELF, options, Configuration.ofVoters(List.of(SELF)));
    }

    void step() {
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4 -> propose();
        case 5, 6 -> read();
        case 7, 8, 9 -> member.sync(random.nextInt(1, 4));
        case 10, 11 -> member.apply(random.nextInt(1, 6));
        case 12 -> member.flushAndDrop();
        case 13, 14 -> member.step(new Input.Tick());
        default -> crashSometimes();
      }
      check();
    }

    /// With a disk that works and no more crashes, everything gets done.
    void settle() {
      for (int i = 0; i < 100; i++) {
        member.syncAll();
        member.applyAll();
        check();
      }
      assertThat(member.isLeader()).as("seed %d", seed).isTrue();
      assertThat(member.core().appliedIndex())
          .as("seed %d", seed)
          .isEqualTo(member.core().lastIndex());
    }

    private void propose() {
      List<Input> inputs = new ArrayList<>();
      for (int i = random.nextInt(1, 6); i > 0; i--) {
        String text = "x".repeat(random.nextInt(12));
        inputs.add(new Input.Propose(++tokens, ByteString.copyFromUtf8(text)));
      }
      member.stepTogether(inputs);
    }

    private void read() {
      long token = ++tokens;
      readsFrom.put(token, acknowledged.isEmpty() ? 1 : acknowledged.lastKey());
      member.step(new Input.ReadIndex(token));
    }

    private void crashSometimes() {
      if (random.nextInt(3) == 0) {
        check();
        member.crash();
        nextHandedOut = member.flushed().index() + 1;
      }
    }

    private void check() {
      for (Entry entry : member.committed) {
        assertThat(entry.index()).as("gapless, seed %d", seed).isEqualTo(nextHandedOut);
        nextHandedOut++;
        assertThat(member.holdsDurably(entry)).as("durable %s, seed %d", entry, seed).isTrue();
        Entry known = acknowledged.putIfAbsent(entry.index(), entry);
        assertThat(known == null || known.equals(entry))
            .as("entry %s was acknowledged as %s, seed %d", entry, known, seed)
            .isTrue();
      }
      member.committed.clear();
      for (Ready.ReadVerdict verdict : member.reads) {
        if (verdict instanceof Confirmed(var token, var index)) {
          assertThat(index)
              .as("read %d, seed %d", token, seed)
              .isGreaterThanOrEqualTo(readsFrom.getOrDefault(token, Long.MAX_VALUE));
        }
      }
      member.reads.clear();
      assertThat(member.role().term()).as("term, seed %d", seed).isGreaterThanOrEqualTo(1);
      highestTerm = Math.max(highestTerm, member.durableState().ballot().term());
      assertThat(member.durableState().ballot().term())
          .as("durable term, seed %d", seed)
          .isEqualTo(highestTerm);
    }
  }
}
