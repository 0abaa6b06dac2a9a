package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.client.Client;
import io.kvorum.proto.etcd.MemberListRequest;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.cluster.NameServer.Target;
import io.kvorum.testkit.cluster.PlainCluster.Member;
import io.kvorum.testkit.cluster.PlainCluster.Place;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// First members that nobody has told of each other: they ask DNS, or meet in another cluster.
class DiscoveryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String DOMAIN = "kvorum.test";
  private static final String PLAIN = "_etcd-server._tcp." + DOMAIN;
  private static final String ENCRYPTED = "_etcd-server-ssl._tcp." + DOMAIN;

  @TempDir private Path directory;
  private final List<Place> places = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();

  @BeforeEach
  void choosePlaces() throws IOException {
    for (int i = 0; i < PlainCluster.SIZE; i++) {
      places.add(Place.of(directory, "n" + i));
    }
  }

  @AfterEach
  void stop() {
    members.forEach(Member::close);
  }

  private void start(Place place, Map<String, String> environment, String... flags)
      throws IOException {
    members.add(new Member(place, place.spawnDiscovering(environment, List.of(flags))));
  }

  private void assertOneCluster(List<String> peerUrls) throws IOException {
    for (Member member : members) {
      member.process().awaitHealthy();
    }
    for (Member member : members) {
      assertThat(
              member.cluster().memberList(MemberListRequest.getDefaultInstance()).getMembersList())
          .flatExtracting(known -> known.getPeerURLsList())
          .containsExactlyInAnyOrderElementsOf(peerUrls);
    }
    try (Client first = Client.of(members.getFirst().endpoint());
        Client last = Client.of(members.getLast().endpoint())) {
      first.kv().put("k", "v").join();
      assertThat(last.kv().get("k").join().getCount()).isOne();
    }
  }

  private void restartLast() throws IOException {
    members.getLast().process().kill();
    members.getLast().startAgain();
  }

  private static void assertRefusedStart(Place place, ServerProcess process, String text)
      throws Exception {
    try (process) {
      assertThat(process.awaitExit(PATIENCE)).isEqualTo(1);
      assertThat(place.output()).content().contains("discovery failed", text);
    }
  }

  private static Target targetOf(Place place) {
    return new Target("localhost", URI.create(place.peerUrl()).getPort());
  }

  private static Map<String, String> resolvingAt(NameServer dns) {
    return Map.of("JDK_JAVA_OPTIONS", "-Djava.naming.provider.url=" + dns.url());
  }

  @Test
  void srvRecords_nameTheFirstMembers_andAreNotAskedForAgain() throws Exception {
    try (NameServer dns = NameServer.start()) {
      dns.put(PLAIN, places.stream().map(DiscoveryTest::targetOf).toList());
      for (Place place : places) {
        start(place, resolvingAt(dns), "--discovery-srv=" + DOMAIN);
      }
      assertOneCluster(
          places.stream().map(place -> place.peerUrl().replace("127.0.0.1", "localhost")).toList());
    }
    restartLast();
  }

  @Test
  void srvRecords_thatDoNotNameTheMember_areRefused() throws Exception {
    try (NameServer dns = NameServer.start()) {
      dns.put(PLAIN, List.of(targetOf(places.get(0))));
      dns.put(ENCRYPTED, List.of(targetOf(places.get(1))));
      dns.put("_etcd-server-a._tcp." + DOMAIN, List.of(targetOf(places.get(1))));
      String domain = "--discovery-srv=" + DOMAIN;

      assertRefusedStart(
          places.get(2),
          places.get(2).spawnDiscovering(resolvingAt(dns), List.of(domain)),
          "cannot find local etcd member \\\"n2\\\" in SRV records");
      assertRefusedStart(
          places.get(1),
          places.get(1).spawnDiscovering(resolvingAt(dns), List.of(domain)),
          "from DNS for _etcd-server-ssl has scheme mismatch with expected peer "
              + places.get(1).peerUrl());
      assertRefusedStart(
          places.get(0),
          places
              .get(0)
              .spawnDiscovering(
                  resolvingAt(dns), List.of(domain, "--discovery-srv-name=no-such-name")),
          "error querying DNS SRV records for _etcd-server-no-such-name");
    }
  }

  @ParameterizedTest
  @EnumSource
  void discoveryService_bringsTheFirstMembersTogether_andRefusesTheRest(ServerKind kind)
      throws Exception {
    assumeTrue(
        kind != ServerKind.ETCD || ServerProcess.program("etcd").isPresent(),
        "install etcd-server");
    Path home = Files.createDirectory(directory.resolve("service"));
    try (ServerProcess service = serve(kind, home)) {
      putSize(service, "unused", "3");
      putSize(service, "broken", "three");
      String[] flags = flags(service, "unused");
      for (Place place : places) {
        start(place, Map.of(), flags);
      }
      assertOneCluster(places.stream().map(Place::peerUrl).toList());

      assertRefused("n7", flags, "failed to join discovery cluster (discovery: cluster is full)");
      assertRefused("n8", flags(service, "unknown"), "discovery: size key not found");
      assertRefused("n9", flags(service, "broken"), "discovery: size key is bad");
    }
    restartLast();
  }

  private static ServerProcess serve(ServerKind kind, Path home) throws IOException {
    return switch (kind) {
      case KVORUM -> ServerProcess.kvorum(home);
      case ETCD -> ServerProcess.etcd(home);
    };
  }

  private static void putSize(ServerProcess service, String token, String size) {
    try (Client client = Client.of(service.endpoint())) {
      client.kv().put("/_etcd/registry/" + token + "/_config/size", size).join();
    }
  }

  private static String[] flags(ServerProcess service, String token) {
    return new String[] {
      "--discovery-token=" + token, "--discovery-endpoints=http://" + service.endpoint()
    };
  }

  private void assertRefused(String name, String[] flags, String text) throws Exception {
    Place place = Place.of(directory, name);
    assertRefusedStart(place, place.spawnDiscovering(Map.of(), List.of(flags)), text);
    assertThat(place.output()).content().contains("discovery token was already used");
  }
}
