package io.kvorum.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// operations.md §5.1, first row.
class InitialClusterTest {
  private static final String OWN = "http://10.0.0.1:2380";

  private static InitialCluster cluster(String text, InitialCluster.State state) throws Exception {
    return new InitialCluster(InitialCluster.parse(text), state, "token");
  }

  @Test
  void ownEntryAlone_newCluster_isNotRefused() throws Exception {
    InitialCluster cluster = cluster("n1=" + OWN, InitialCluster.State.NEW);

    assertThat(cluster.refusal("n1", List.of(UrlList.parseOne(OWN)))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "n2=http://10.0.0.2:2380|couldn't find local name \"n1\" in the initial cluster"
            + " configuration",
        "n1=http://10.0.0.9:2380|--initial-cluster has n1=http://10.0.0.9:2380 but missing from"
            + " --initial-advertise-peer-urls=http://10.0.0.1:2380",
        "n1=http://10.0.0.1:2380,n2=http://10.0.0.1:2380|initial cluster"
            + " n1=http://10.0.0.1:2380,n2=http://10.0.0.1:2380 has duplicate url",
      })
  void clusterThatCannotStart_newCluster_isRefusedWithItsReason(String text, String reason)
      throws Exception {
    InitialCluster cluster = cluster(text, InitialCluster.State.NEW);

    assertThat(cluster.refusal("n1", List.of(UrlList.parseOne(OWN)))).contains(reason);
  }

  @Test
  void urlAdvertisedBesideTheEntry_newCluster_isRefused() throws Exception {
    InitialCluster cluster = cluster("n1=" + OWN, InitialCluster.State.NEW);

    assertThat(cluster.refusal("n1", UrlList.parse(OWN + ",http://10.0.0.5:2380")))
        .contains(
            "--initial-advertise-peer-urls has http://10.0.0.5:2380 but missing from"
                + " --initial-cluster=n1=http://10.0.0.1:2380");
  }

  @Test
  void ownEntryWithAnotherNameOfTheHost_newCluster_isNotRefused() throws Exception {
    InitialCluster cluster = cluster("n1=http://127.0.0.1:2380", InitialCluster.State.NEW);

    assertThat(cluster.refusal("n1", UrlList.parse("http://localhost:2380"))).isEmpty();
    assertThat(cluster.refusal("n1", UrlList.parse("http://localhost:2381"))).isPresent();
  }

  @Test
  void severalMembers_newCluster_areNotRefused() throws Exception {
    InitialCluster cluster =
        cluster("n1=" + OWN + ",n2=http://10.0.0.2:2380", InitialCluster.State.NEW);

    assertThat(cluster.refusal("n1", List.of(UrlList.parseOne(OWN)))).isEmpty();
  }

  @Test
  void repeatedName_parsed_collectsItsUrls() throws Exception {
    InitialCluster cluster =
        cluster("n1=http://10.0.0.1:2380,n1=http://10.0.0.3:2380", InitialCluster.State.NEW);

    assertThat(cluster.members().get("n1")).hasSize(2);
  }
}
