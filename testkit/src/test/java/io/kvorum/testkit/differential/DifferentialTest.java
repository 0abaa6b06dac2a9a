package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.Seeds;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.differential.LeaseScript.Ids;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Kvorum answers as etcd does (api.md §3, §4, §5, §8), as far as seeded scripts can tell.
class DifferentialTest {

  /// Outcomes that a script of some length must have met, or it compares less than it should.
  private static final List<String> MUST_OCCUR =
      List.of(
          "Compact: OK",
          "Compact: etcdserver: mvcc: required revision has been compacted",
          "Compact: etcdserver: mvcc: required revision is a future revision",
          "DeleteRange: OK",
          "LeaseGrant: OK",
          "LeaseGrant: etcdserver: lease already exists",
          "LeaseGrant: etcdserver: too large lease TTL",
          "LeaseKeepAlive: OK",
          "LeaseRevoke: OK",
          "LeaseRevoke: etcdserver: requested lease not found",
          "LeaseTimeToLive: OK",
          "Put: OK",
          "Put: etcdserver: key not found",
          "Put: etcdserver: key is not provided",
          "Put: etcdserver: request is too large",
          "Put: etcdserver: requested lease not found",
          "Put: etcdserver: value is provided",
          "Range: OK",
          "Range: etcdserver: mvcc: required revision has been compacted",
          "Range: etcdserver: mvcc: required revision is a future revision",
          "RangeStream: OK",
          "Txn: OK",
          "Txn: etcdserver: duplicate key given in txn request",
          "Txn: etcdserver: key not found",
          "Txn: etcdserver: mvcc: required revision has been compacted",
          "Txn: etcdserver: too many operations in txn request",
          "WatchCancel: OK",
          "WatchCancel: silent",
          "WatchCreate: OK",
          "WatchCreate: mvcc: duplicate watch ID provided on the WatchStream",
          "WatchCreate: mvcc: watcher range is empty");

  @BeforeEach
  void needsEtcd() {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
  }

  /// Seeds that stay, so that what was compared once is compared with every change.
  @ParameterizedTest
  @CsvSource({"2, BY_CLIENT, 8000", "3, BY_SERVER, 4000"})
  void fixedSeed_wholeScript_answersAsEtcd(long seed, Ids leaseIds, int requests) throws Exception {
    try (ServerPair servers = ServerPair.start(ServerPair.Subject.KVORUM)) {
      DifferentialRun run = new DifferentialRun(seed, leaseIds, servers);

      Tally tally = run.run(requests);

      assertCompared(run, requests);
      if (leaseIds == Ids.BY_CLIENT) {
        assertThat(MUST_OCCUR).allSatisfy(outcome -> assertThat(tally.of(outcome)).isPositive());
      }
    }
  }

  /// A seed that is new with every commit, or the one of `-Dkvorum.seed`.
  @Test
  void newSeed_wholeScript_answersAsEtcd() throws Exception {
    try (ServerPair servers = ServerPair.start(ServerPair.Subject.KVORUM)) {
      DifferentialRun run = new DifferentialRun(Seeds.chosen(), Ids.BY_CLIENT, servers);

      int requests = Integer.getInteger("kvorum.requests", 8_500);
      Tally _ = run.run(requests);

      assertCompared(run, requests);
    }
  }

  private static void assertCompared(DifferentialRun run, int wanted) {
    System.out.printf("differential: %d requests compared%n", run.requests());
    assertThat(run.requests()).isGreaterThanOrEqualTo(wanted);
  }

  /// The comparison itself raises no false alarm.
  @Test
  void twoEtcds_sameScript_doNotDiffer() throws Exception {
    try (ServerPair servers = ServerPair.start(ServerPair.Subject.ETCD)) {
      DifferentialRun run = new DifferentialRun(Seeds.chosen(), Ids.BY_CLIENT, servers);

      Tally _ = run.run(1_000);

      assertThat(run.requests()).isGreaterThanOrEqualTo(1_000);
    }
  }
}
