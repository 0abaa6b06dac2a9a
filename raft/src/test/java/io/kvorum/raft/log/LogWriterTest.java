package io.kvorum.raft.log;

import static io.kvorum.raft.log.LogFixture.IDENTITY;
import static io.kvorum.raft.log.LogFixture.OPTIONS;
import static io.kvorum.raft.log.LogFixture.entries;
import static io.kvorum.raft.log.LogFixture.everything;
import static io.kvorum.raft.log.LogFixture.founded;
import static io.kvorum.raft.log.LogFixture.hardState;
import static io.kvorum.raft.log.LogFixture.open;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.Entry;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.log.FaultyFiles.Operation;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LogWriterTest {
  private final FaultyFiles files = founded();
  private final Completions completions = new Completions();

  LogWriterTest() throws IOException {}

  @Test
  void commandsOffered_writerClosed_allAreDurableAndReported() throws IOException {
    LogWriter writer = LogWriter.start(open(files).log(), LogWriter.Limits.DEFAULT, completions);
    for (int i = 1; i <= 100; i++) {
      assertThat(writer.offer(command(i, entries(3, 1 + i, 1, 50)))).isTrue();
    }

    writer.close();

    assertThat(completions.last()).isEqualTo(100);
    assertThat(everything(open(files))).hasSize(100);
  }

  @Test // 23, W7, W14
  void forceBlocks_producerGoesOn_untilTheLimitAndThenInOneGroup() throws Exception {
    AtomicLong nanos = new AtomicLong();
    BlockingQueue<Long> syncs = new LinkedBlockingQueue<>();
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    AtomicInteger forces = new AtomicInteger();
    SegmentedLog log =
        SegmentedLog.open(
                files, IDENTITY, OPTIONS.withListener(syncs::add).withNanoClock(nanos::get), 1)
            .log();
    files.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE && forces.getAndIncrement() == 0) {
            blocked.countDown();
            await(released);
            nanos.addAndGet(TimeUnit.SECONDS.toNanos(30));
          }
        });
    LogWriter writer = LogWriter.start(log, new LogWriter.Limits(10, 1 << 20), completions);
    assertThat(writer.offer(command(1, entries(3, 2, 1, 50)))).isTrue();
    await(blocked);

    int accepted = 1;
    while (writer.offer(command(accepted + 1, entries(3, 2 + accepted, 1, 50)))) {
      accepted++;
    }
    assertThat(accepted).isEqualTo(10);
    assertThat(writer.hasRoom()).isFalse();
    assertThat(completions.persisted).isEmpty();
    released.countDown();

    assertThat(completions.next()).isEqualTo(1);
    assertThat(completions.next()).isEqualTo(10);
    assertThat(writer.hasRoom()).isTrue();
    writer.close();
    assertThat(syncs.peek()).isEqualTo(TimeUnit.SECONDS.toNanos(30));
    assertThat(forces.get()).isEqualTo(3); // first command, the group, the clean close
  }

  @Test // 17, W8
  void writeFails_commandsWaiting_failureIsReportedOnceAndNothingAfterIt() throws Exception {
    CountDownLatch offered = new CountDownLatch(1);
    LogWriter writer = LogWriter.start(open(files).log(), LogWriter.Limits.DEFAULT, completions);
    files.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE) {
            await(offered);
            throw new IOException("EIO");
          }
        });
    for (int i = 1; i <= 5; i++) {
      assertThat(writer.offer(command(i, entries(3, 1 + i, 1, 50)))).isTrue();
    }
    offered.countDown();

    writer.close();

    assertThat(completions.failures).hasSize(1);
    assertThat(completions.persisted).isEmpty();
  }

  @Test
  void onlyACommitIndex_persisted_isNotForced() throws Exception {
    LogWriter writer = LogWriter.start(open(files).log(), LogWriter.Limits.DEFAULT, completions);
    assertThat(writer.offer(command(1, entries(3, 2, 5, 50)))).isTrue();
    assertThat(completions.next()).isEqualTo(1);
    AtomicInteger forces = new AtomicInteger();
    files.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE) {
            forces.incrementAndGet();
          }
        });

    Persist commit = new Persist(2, Optional.of(hardState(3, 4)), List.of(), Optional.empty());
    assertThat(writer.offer(commit)).isTrue();

    assertThat(completions.next()).isEqualTo(2);
    assertThat(forces.get()).isZero();
    writer.close();
    assertThat(open(files).recovered().hardState().commitIndex()).isEqualTo(4);
  }

  private static Persist command(long sequence, List<Entry> entries) {
    HardState state = hardState(3, 1);
    return new Persist(sequence, Optional.of(state), entries, Optional.empty());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static final class Completions implements LogWriter.Listener {
    private final BlockingQueue<Long> persisted = new LinkedBlockingQueue<>();
    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();

    @Override
    public void persisted(long lastSequence) {
      persisted.add(lastSequence);
    }

    @Override
    public void failed(Throwable cause) {
      failures.add(cause);
    }

    long next() throws InterruptedException {
      Long sequence = persisted.poll(10, TimeUnit.SECONDS);
      return sequence == null ? -1 : sequence;
    }

    long last() {
      return persisted.stream().mapToLong(Long::longValue).max().orElse(0);
    }
  }
}
