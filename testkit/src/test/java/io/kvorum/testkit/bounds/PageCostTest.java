package io.kvorum.testkit.bounds;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Paging through many keys: a page costs by its own size, not by the number of keys behind it,
/// although its answer tells how many there are.
///
/// Both reads are timed in alternation and their medians compared, so the speed of the machine and
/// what else it does cancel out.
class PageCostTest {
  private static final int PAGE = 500;
  private static final int WARM_UP = 300;
  private static final int PAIRS = 300;
  private static final double MOST = 3;
  private static final SmallKeys MANY = new SmallKeys("many/", 1_000_000);
  private static final SmallKeys FEW = new SmallKeys("few/", PAGE);

  @TempDir static Path directory;
  private static ServerProcess server;
  private static ManagedChannel channel;

  @BeforeAll
  static void load() throws Exception {
    server = ServerProcess.kvorum(directory);
    channel = NettyChannelBuilder.forTarget(server.endpoint()).usePlaintext().build();
    MANY.load(channel);
    FEW.load(channel);
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void millionKeys_pageAtTheStart_costsAtMostThreeTimesAsMuchAsItsKeysAlone() {
    assertPageIsCheap("start", 0);
  }

  @Test
  void millionKeys_pageInTheMiddle_costsAtMostThreeTimesAsMuchAsItsKeysAlone() {
    assertPageIsCheap("middle", MANY.count() / 2 + 77);
  }

  @Test
  void millionKeys_pageAtTheEnd_costsAtMostThreeTimesAsMuchAsItsKeysAlone() {
    assertPageIsCheap("end", MANY.count() - PAGE);
  }

  private static void assertPageIsCheap(String where, int first) {
    RangeRequest page = MANY.from(first, PAGE);
    RangeRequest whole = FEW.from(0, 0);
    for (int i = 0; i < WARM_UP; i++) {
      timed(page);
      timed(whole);
    }

    long[] pageNanos = new long[PAIRS];
    long[] wholeNanos = new long[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
      pageNanos[i] = timed(page);
      wholeNanos[i] = timed(whole);
    }
    RangeResponse answer = KVGrpc.newBlockingStub(channel).range(page);

    assertThat(answer.getKvsCount()).isEqualTo(PAGE);
    assertThat(answer.getKvs(0).getKey()).isEqualTo(MANY.key(first));
    assertThat(answer.getKvs(PAGE - 1).getKey()).isEqualTo(MANY.key(first + PAGE - 1));
    assertThat(answer.getCount()).isEqualTo(MANY.count() - first);
    assertThat(answer.getMore()).isEqualTo(first + PAGE < MANY.count());
    double ratio = (double) median(pageNanos) / median(wholeNanos);
    System.out.printf(
        "page of %d at the %s of %d: %d us, range over %d: %d us, ratio %.2f%n",
        PAGE,
        where,
        MANY.count(),
        median(pageNanos) / 1000,
        PAGE,
        median(wholeNanos) / 1000,
        ratio);
    assertThat(ratio).isLessThanOrEqualTo(MOST);
  }

  private static long timed(RangeRequest request) {
    long start = System.nanoTime();
    RangeResponse answer = KVGrpc.newBlockingStub(channel).range(request);
    long nanos = System.nanoTime() - start;
    assertThat(answer.getKvsCount()).isEqualTo(PAGE);
    return nanos;
  }

  private static long median(long[] nanos) {
    long[] sorted = nanos.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
