package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.server.apply.Alarms;
import io.kvorum.server.grpc.FixedStanding;
import io.kvorum.server.read.AppliedIndex;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemberProbesTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(7);

  private final ManualClock clock = new ManualClock();
  private final LinearizableReads reads =
      new LinearizableReads(
          _ -> true, new AppliedIndex(0), ReadLimits.of(TIMEOUT), clock, 1L << 32);
  private final List<Optional<String>> outcomes = new ArrayList<>();

  @Test
  void readThatNoLeaderConfirms_timesOut_isToldInEtcdsWords(@TempDir Path directory) {
    try (MvccStore store = MvccStore.open(directory, StoreOptions.defaults())) {
      MemberProbes probes =
          new MemberProbes(store, new FixedStanding(false, false), () -> Alarms.NONE, reads);
      probes.readLinearizably(outcomes::add);

      clock.advance(TIMEOUT);
      reads.tick(clock.getAsLong());

      assertThat(outcomes).containsExactly(Optional.of("etcdserver: request timed out"));
    }
  }
}
