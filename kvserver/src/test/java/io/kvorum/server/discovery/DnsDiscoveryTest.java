package io.kvorum.server.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.server.config.CommandLine;
import io.kvorum.server.config.InitialCluster;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.ServerFlags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.naming.NameNotFoundException;
import javax.naming.NamingException;
import org.junit.jupiter.api.Test;

/// The member `a` at 127.0.0.1:2380 asks for its cluster.
class DnsDiscoveryTest {
  private static final String PLAIN = "_etcd-server._tcp.example.com";
  private static final String ENCRYPTED = "_etcd-server-ssl._tcp.example.com";
  private static final SrvRecord OWN = new SrvRecord("localhost", 2380);
  private static final SrvRecord SECOND = new SrvRecord("127.0.0.2", 2380);
  private static final SrvRecord THIRD = new SrvRecord("127.0.0.1", 2381);

  private final Map<String, List<SrvRecord>> records = new TreeMap<>();

  private NavigableSet<SrvRecord> lookUp(String name) throws NamingException {
    if (!records.containsKey(name)) {
      throw new NameNotFoundException("DNS name not found");
    }
    return new TreeSet<>(records.get(name));
  }

  private InitialCluster find(String... flags) throws DiscoveryFailure {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--name=a",
                "--initial-advertise-peer-urls=http://127.0.0.1:2380",
                "--initial-cluster-token=t",
                "--discovery-srv=example.com"));
    all.addAll(List.of(flags));
    MemberConfig.Identity identity =
        ((CommandLine.Run) ServerFlags.parse(all, Map.of(), Optional::empty)).config().identity();
    return DnsDiscovery.find(
        identity, (MemberConfig.Discovery.Dns) identity.discovery(), this::lookUp);
  }

  private void assertRefused(String message, String... flags) {
    assertThatThrownBy(() -> find(flags))
        .isInstanceOf(DiscoveryFailure.class)
        .hasMessageContaining(message);
  }

  @Test
  void recordsOfPlainMembers_found_areTheClusterUnderTheToken() throws Exception {
    records.put(PLAIN, List.of(SECOND, OWN, THIRD));

    InitialCluster cluster = find();

    assertThat(cluster)
        .hasToString("0=http://127.0.0.1:2381,1=http://127.0.0.2:2380,a=http://localhost:2380");
    assertThat(cluster.token()).isEqualTo("t");
  }

  @Test
  void recordsOfBothServices_found_areJoined() throws Exception {
    records.put(PLAIN, List.of(OWN));
    records.put(ENCRYPTED, List.of(SECOND));

    assertThat(find()).hasToString("0=https://127.0.0.2:2380,a=http://localhost:2380");
  }

  @Test
  void serviceName_given_isAppendedToBothServices() throws Exception {
    records.put("_etcd-server-blue._tcp.example.com", List.of(OWN));

    assertThat(find("--discovery-srv-name=blue")).hasToString("a=http://localhost:2380");
  }

  // Somebody who publishes both has this member among both.
  @Test
  void ownRecordUnderBothSchemes_found_isTakenUnderItsOwn() throws Exception {
    records.put(PLAIN, List.of(OWN));
    records.put(ENCRYPTED, List.of(OWN));

    assertThat(find()).hasToString("a=http://localhost:2380");
  }

  @Test
  void memberNamedLikeANumber_found_keepsItsNameForItself() throws Exception {
    records.put(PLAIN, List.of(OWN, SECOND));

    assertThat(find("--name=0")).hasToString("0=http://localhost:2380,1=http://127.0.0.2:2380");
  }

  @Test
  void recordsWithoutThisMember_areRefused() {
    records.put(PLAIN, List.of(SECOND));

    assertRefused("cannot find local etcd member \"a\" in SRV records");
  }

  @Test
  void ownRecordUnderTheOtherScheme_isRefused() {
    records.put(ENCRYPTED, List.of(OWN));

    assertRefused(
        "bootstrap at https://localhost:2380 from DNS for _etcd-server-ssl has scheme mismatch with"
            + " expected peer http://127.0.0.1:2380");
  }

  @Test
  void noRecords_areRefused() {
    assertRefused("error querying DNS SRV records for _etcd-server: " + PLAIN);
  }

  @Test
  void recordText_read_hasHostAndPort() {
    assertThat(SrvRecord.parse("10 60 2380 n1.example.com."))
        .contains(new SrvRecord("n1.example.com", 2380));
    assertThat(SrvRecord.parse("0 0 0 .")).isEmpty();
    assertThat(SrvRecord.parse("0 0 70000 n1.")).isEmpty();
    assertThat(SrvRecord.parse("0 0 n1.")).isEmpty();
  }
}
