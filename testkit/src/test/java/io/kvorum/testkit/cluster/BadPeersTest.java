package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.kvorum.client.Client;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberRemoveRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.proto.peer.Handshake;
import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.testkit.ServerProcess;
import io.kvorum.testkit.cluster.PlainCluster.Member;
import io.kvorum.testkit.cluster.PlainCluster.Place;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whoever comes to the peer ports of a running cluster and does not belong there: it is refused,
/// the logs say why, and the cluster goes on as before, under the same leader and in the same term.
class BadPeersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int HUGE_BYTES = 100 << 20;
  private static final String NEITHER = "neither a handshake nor an HTTP request";

  @TempDir private static Path directory;
  private static PlainCluster cluster;

  @TempDir private Path elsewhere;
  private List<StatusResponse> before;

  @BeforeAll
  static void start() throws IOException {
    cluster =
        PlainCluster.start(directory, "--election-timeout=2000", "--strict-reconfig-check=false");
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @BeforeEach
  void noteLeaders() {
    before = cluster.members().stream().map(Member::status).toList();
  }

  @AfterEach
  void nothingHasChanged() {
    for (int i = 0; i < before.size(); i++) {
      Member member = cluster.members().get(i);
      try (Client client = Client.of(member.endpoint())) {
        client.kv().put("key", "at " + i).join();
        assertThat(client.kv().get("key").join().getKvs(0).getValue().toStringUtf8())
            .isEqualTo("at " + i);
      }
      StatusResponse after = member.status();
      assertThat(after.getRaftTerm()).isEqualTo(before.get(i).getRaftTerm());
      assertThat(after.getLeader()).isEqualTo(before.get(i).getLeader());
    }
  }

  @Test
  void memberOfAnotherCluster_isToldSo_andNeverReady() throws Exception {
    Log ours = Log.of(cluster.members().getFirst().place());
    Place stranger = Place.of(elsewhere, "stranger");

    try (ServerProcess process =
        stranger.spawn(
            stranger.entry() + "," + cluster.members().getFirst().place().entry(),
            "--initial-cluster-token=another")) {
      ours.await("refused peer connection", "WRONG_CLUSTER");
      Log.of(stranger).fromStart().await("cannot connect to peer", "it belongs to the cluster");
      assertThat(process.isAlive()).isTrue();
      assertThat(stranger.output()).content().doesNotContain("ready to serve client requests");
    }
  }

  @Test
  void unknownProtocolVersion_isRefusedWithAVerdict() throws Exception {
    Log log = Log.of(cluster.members().getFirst().place());
    try (RawPeer peer = RawPeer.dial(cluster.members().getFirst())) {
      HandshakeReply reply = peer.greet(handshake().setProtocolVersion(0).build());

      assertThat(reply.getVerdict()).isEqualTo(HandshakeReply.Verdict.UNSUPPORTED_VERSION);
      peer.awaitClosed();
    }
    log.await("refused peer connection", "UNSUPPORTED_VERSION");
  }

  @Test
  void knownMemberWithAnotherStore_isRefusedWithAVerdict() throws Exception {
    Log log = Log.of(cluster.members().getFirst().place());
    long known = cluster.members().get(1).status().getHeader().getMemberId();
    try (RawPeer peer = RawPeer.dial(cluster.members().getFirst())) {
      HandshakeReply reply = peer.greet(handshake().setMemberId(known).build());

      assertThat(reply.getVerdict()).isEqualTo(HandshakeReply.Verdict.STORE_REPLACED);
      peer.awaitClosed();
    }
    log.await("refused peer connection", "STORE_REPLACED");
  }

  @Test
  void garbage_isRefused() throws Exception {
    byte[] noise = new byte[4096];
    new SplittableRandom(17).nextBytes(noise);
    noise[0] = 'X';

    assertRefused(NEITHER, peer -> peer.write(noise));
    assertRefused(NEITHER, peer -> peer.write("SSH-2.0-x\r\n".getBytes(StandardCharsets.UTF_8)));
    assertRefused("no handshake", peer -> peer.frame(noise, 512));
    assertRefused("no handshake", peer -> peer.frame(new byte[1], 1));
  }

  @Test
  void frameOfHundredMegabytes_isRefusedBeforeItIsRead() throws Exception {
    String tooLong = "a frame of " + HUGE_BYTES + " bytes";

    assertRefused(NEITHER, peer -> peer.length(HUGE_BYTES));
    assertRefused(
        tooLong,
        peer -> {
          assertThat(peer.greet(handshake().build()).getVerdict())
              .isEqualTo(HandshakeReply.Verdict.ACCEPTED);
          peer.length(HUGE_BYTES);
        });
  }

  @Test
  void copyOfARunningMembersData_doesNotStart() throws Exception {
    for (Member original : List.of(cluster.leader(), cluster.followers().getFirst())) {
      Place copy = Place.of(elsewhere, "copy-of-" + original.place().name());
      copyTree(original.place().data(), copy.data());

      assertRefusedStart(
          copy,
          copy.spawn(cluster.founders()),
          "is running already at " + original.place().peerUrl());
    }
  }

  @Test
  void wipedMember_isNotTakenForItself() throws Exception {
    Member member = cluster.followers().getFirst();
    member.process().kill();
    try {
      for (String state : List.of("new", "existing")) {
        Place wiped =
            new Place(
                member.place().name(),
                Files.createDirectory(elsewhere.resolve(state)),
                member.place().peerUrl(),
                member.place().clientPort());
        assertRefusedStart(
            wiped,
            wiped.spawn(cluster.founders(), "--initial-cluster-state=" + state),
            "has already been bootstrapped");
      }
    } finally {
      member.startAgain();
    }
  }

  @Test
  void removedMember_comingBack_isToldSo_andEnds() throws Exception {
    Member leader = cluster.leader();
    Place place = Place.of(elsewhere, "n9");
    long id = addLearner(leader, place);
    try (ServerProcess process =
        place.spawn(cluster.founders() + "," + place.entry(), "--initial-cluster-state=existing")) {
      process.awaitHealthy();
      process.kill();
      var _ = leader.cluster().memberRemove(MemberRemoveRequest.newBuilder().setID(id).build());
      Log ours = Log.of(leader.place());

      try (ServerProcess back = process.spawnedAgain()) {
        assertThat(back.awaitExit(PATIENCE)).isZero();
        Log.of(place).fromStart().await("the member has been permanently removed from the cluster");
        ours.await("refused peer connection", "REMOVED");
      }
    }
  }

  @Test
  void memberOfAnOlderVersion_doesNotJoin() throws Exception {
    Member leader = cluster.leader();
    Place place = Place.of(elsewhere, "older");
    long id = addLearner(leader, place);
    try {
      assertRefusedStart(
          place,
          place.spawn(
              cluster.founders() + "," + place.entry(),
              "--initial-cluster-state=existing",
              "--kvorum-etcd-version=3.6.9"),
          "incompatible with current running cluster");
    } finally {
      var _ = leader.cluster().memberRemove(MemberRemoveRequest.newBuilder().setID(id).build());
    }
  }

  @Test
  void initialClusterThatDoesNotFit_isRefusedAtStart() throws Exception {
    Place place = Place.of(elsewhere, "x");
    Place other = Place.of(elsewhere, "y");
    Place third = Place.of(elsewhere, "z");
    Place fourth = Place.of(elsewhere, "w");
    try (ServerProcess unnamed = place.spawn(other.entry());
        ServerProcess unlike =
            other.spawn(other.entry(), "--initial-advertise-peer-urls=" + place.peerUrl());
        ServerProcess uncounted =
            third.spawn(
                cluster.founders() + "," + third.entry(), "--initial-cluster-state=existing");
        ServerProcess unheard =
            fourth.spawn(
                fourth.entry() + "," + other.entry(), "--initial-cluster-state=existing")) {
      assertRefusedStart(
          place,
          unnamed,
          "couldn't find local name \\\"x\\\" in the initial cluster configuration");
      assertRefusedStart(
          other,
          unlike,
          "--initial-cluster has "
              + other.entry()
              + " but missing from --initial-advertise-peer-urls="
              + place.peerUrl());
      assertRefusedStart(third, uncounted, "error validating peerURLs", "member count is unequal");
      assertRefusedStart(
          fourth,
          unheard,
          "cannot fetch cluster info from peer urls: could not retrieve cluster information from"
              + " the given URLs");
    }
  }

  /// Refused as long as the members have not been connected for some seconds.
  private static long addLearner(Member leader, Place place) throws InterruptedException {
    MemberAddRequest request =
        MemberAddRequest.newBuilder().addPeerURLs(place.peerUrl()).setIsLearner(true).build();
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return leader.cluster().memberAdd(request).getMember().getID();
      } catch (StatusRuntimeException e) {
        if (System.nanoTime() > deadlineNanos) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private static void assertRefusedStart(Place place, ServerProcess process, String... texts)
      throws Exception {
    try (process) {
      assertThat(process.awaitExit(PATIENCE)).isEqualTo(1);
      List<String> all = new ArrayList<>(List.of("discovery failed"));
      all.addAll(List.of(texts));
      Log.of(place).fromStart().await(all.toArray(String[]::new));
    }
  }

  private interface Speech {
    void speak(RawPeer peer) throws IOException;
  }

  /// Says something to every member, which must hang up, and name the reason.
  private static void assertRefused(String reason, Speech speech) throws Exception {
    for (Member member : cluster.members()) {
      Log log = Log.of(member.place());
      try (RawPeer peer = RawPeer.dial(member)) {
        speech.speak(peer);
        peer.awaitClosed();
      }
      log.await("refused peer connection", reason);
    }
  }

  /// One that a member accepts: of its cluster, and of a member it has not heard of.
  private static Handshake.Builder handshake() {
    return Handshake.newBuilder()
        .setProtocolVersion(1)
        .setClusterId(cluster.members().getFirst().status().getHeader().getClusterId())
        .setMemberId(0xbad)
        .setStoreUuid(ByteString.copyFromUtf8("16 bytes of uuid"))
        .setBootEpoch(1);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /// A connection to a peer port, and what its other end says.
  private record RawPeer(Socket socket, DataOutputStream out, DataInputStream in)
      implements AutoCloseable {
    static RawPeer dial(Member member) throws IOException {
      int port = URI.create(member.place().peerUrl()).getPort();
      Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return new RawPeer(
          socket,
          new DataOutputStream(socket.getOutputStream()),
          new DataInputStream(socket.getInputStream()));
    }

    void write(byte[] bytes) throws IOException {
      out.write(bytes);
    }

    void length(int bytes) throws IOException {
      out.writeInt(bytes);
    }

    void frame(byte[] bytes, int length) throws IOException {
      out.writeInt(length);
      out.write(bytes, 0, length);
    }

    HandshakeReply greet(Handshake handshake) throws IOException {
      byte[] bytes = handshake.toByteArray();
      frame(bytes, bytes.length);
      return HandshakeReply.parseFrom(in.readNBytes(in.readInt()));
    }

    /// Returns once the other end has hung up.
    void awaitClosed() throws IOException {
      try {
        assertThat(in.read()).isEqualTo(-1);
      } catch (java.net.SocketException _) {
        // hung up before it had read everything
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /// What a server says from a certain moment on.
  private record Log(Path file, long offset) {
    static Log of(Place place) throws IOException {
      return new Log(place.output(), Files.exists(place.output()) ? Files.size(place.output()) : 0);
    }

    Log fromStart() {
      return new Log(file, 0);
    }

    /// Waits for a line that contains all of the texts.
    void await(String... texts) throws IOException, InterruptedException {
      long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
      while (!said().lines().anyMatch(line -> List.of(texts).stream().allMatch(line::contains))) {
        assertThat(System.nanoTime())
            .as("%s in: %s", List.of(texts), said())
            .isLessThan(deadlineNanos);
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }

    private String said() throws IOException {
      byte[] all = Files.readAllBytes(file);
      return new String(all, (int) offset, all.length - (int) offset, StandardCharsets.UTF_8);
    }
  }
}
