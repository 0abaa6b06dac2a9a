package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.invariant.InvariantViolation;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchRingTest {
  private static final WatchLimits.Slice SLICE = new WatchLimits.Slice(1_000, 1_000);

  private static RevisionBlock block(long revision, long bytes) {
    return new RevisionBlock(revision, List.of(), bytes);
  }

  private static List<Long> revisions(List<RevisionBlock> blocks) {
    return blocks.stream().map(RevisionBlock::revision).toList();
  }

  @Test
  void fullByBytes_nextAppended_oldestGiveWay() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(100, 16), 7);
    ring.append(block(7, 40));
    ring.append(block(8, 40));

    ring.append(block(9, 50));

    assertThat(ring.block(7)).isNull();
    assertThat(revisions(ring.read(8, 20, SLICE))).containsExactly(8L, 9L);
    assertThat(ring.bytes()).isEqualTo(90);
  }

  @Test
  void fullByCount_nextAppended_oldestGivesWay() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(1_000, 2), 7);
    ring.append(block(7, 1));
    ring.append(block(8, 1));

    ring.append(block(9, 1));

    assertThat(ring.block(7)).isNull();
    assertThat(revisions(ring.read(8, 9, SLICE))).containsExactly(8L);
    assertThat(ring.bytes()).isEqualTo(2);
  }

  @Test
  void blockLargerThanTheRing_appended_leavesItEmptyAndGoesOn() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(100, 4), 7);
    ring.append(block(7, 40));

    ring.append(block(8, 101));
    ring.append(block(9, 100));

    assertThat(ring.block(7)).isNull();
    assertThat(ring.block(8)).isNull();
    assertThat(ring.block(9)).isNotNull();
    assertThat(ring.bytes()).isEqualTo(100);
  }

  @Test
  void restarted_readBefore_findsNothing() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(100, 4), 7);
    ring.append(block(7, 40));

    ring.restartAt(20);
    ring.append(block(20, 10));

    assertThat(ring.read(7, 30, SLICE)).isEmpty();
    assertThat(ring.block(20)).isNotNull();
    assertThat(ring.bytes()).isEqualTo(10);
  }

  @Test
  void sliceLimit_read_stopsAfterTheBlockThatReachesIt() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(5_000, 16), 7);
    for (int i = 0; i < 5; i++) {
      ring.append(block(7 + i, 400));
    }

    assertThat(revisions(ring.read(7, 12, SLICE))).containsExactly(7L, 8L, 9L);
  }

  @Test
  void revisionLeftOut_appended_isABrokenProgram() {
    WatchRing ring = new WatchRing(new WatchLimits.Ring(100, 4), 7);

    assertThatThrownBy(() -> ring.append(block(8, 1))).isInstanceOf(InvariantViolation.class);
  }
}
