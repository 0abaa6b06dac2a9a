package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.ServerProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The comparison itself raises no false alarm: two servers of one kind do not differ.
class DifferentialTest {

  @BeforeEach
  void needsEtcd() {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
  }

  @Test
  void twoEtcds_clientsChooseLeaseIds_doNotDiffer() throws Exception {
    try (ServerPair servers = ServerPair.etcdTwins()) {
      var run =
          new DifferentialRun(
              Seeds.chosen(), LeaseScript.Ids.BY_CLIENT, servers.reference(), servers.subject());

      run.run(1_000);

      assertThat(run.requests()).isGreaterThanOrEqualTo(1_000);
    }
  }
}
