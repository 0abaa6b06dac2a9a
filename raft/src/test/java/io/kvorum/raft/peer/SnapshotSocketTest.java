package io.kvorum.raft.peer;

import static io.kvorum.raft.peer.PeerFixture.FIRST;
import static io.kvorum.raft.peer.PeerFixture.FIRST_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.SECOND_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.addressOf;
import static io.kvorum.raft.snapshot.SnapshotFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.snapshot.SnapshotConnection;
import io.kvorum.raft.snapshot.SnapshotFixture;
import io.kvorum.raft.snapshot.SnapshotMessage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Snapshots over real sockets (raft.md S3). Here member 2 receives on the peer port, member 1
/// dials it through a relay that cuts.
@Timeout(120)
class SnapshotSocketTest {
  private static final Map<String, byte[]> STATE =
      Map.of("CURRENT", bytes(250), "empty", new byte[0], "table-1.sst", bytes(7));

  @TempDir private Path directory;
  private final PeerFixture fixture = new PeerFixture();
  private PeerServer server;
  private CuttingRelay relay;
  private SnapshotDialler dialler;
  private SnapshotFixture members;

  @BeforeEach
  void open() throws IOException {
    members = new SnapshotFixture(directory, peer -> dialler.open(peer));
    server =
        PeerServer.bind(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            new PeerServer.Member(
                    SECOND_IDENTITY,
                    KnownPeers.open(
                        DirectoryFiles.at(directory.resolve("peers")), SECOND_IDENTITY.storeUuid()),
                    fixture.removed::contains,
                    fixture.delivered::add,
                    (_, _) -> {},
                    _ -> Optional.empty())
                .withSnapshots(members.receiver),
            fixture.group,
            PeerFixture.LIMITS,
            fixture.atServer);
    relay = new CuttingRelay(addressOf(server));
    dialler = dialler(FIRST_IDENTITY);
    members.sending.reach(9, STATE);
  }

  private SnapshotDialler dialler(PeerIdentity self) {
    return new SnapshotDialler(
        self, fixture.group, PeerFixture.LIMITS, _ -> List.of(relay.address()), new Recorder());
  }

  @AfterEach
  void close() throws Exception {
    members.close();
    relay.close();
    server.close();
    fixture.close();
  }

  @Test
  void connectionCut_atEachByte_isResumedOrBegunAgainUntilItIsWhole() throws Exception {
    relay.cutAfter(Long.MAX_VALUE);
    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);
    members.assertDelivered();
    long whole = relay.passed();

    for (long cut = 0; cut < whole; cut++) {
      members.sending.reach(10 + cut, STATE);
      relay.cutAfter(cut);
      assertThat(members.deliver()).as("cut after %d of %d", cut, whole).isEqualTo(Delivery.FAILED);

      relay.cutAfter(Long.MAX_VALUE);
      assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

      members.assertDelivered();
      assertThat(relay.passed()).isLessThanOrEqualTo(whole + 16); // longer numbers in the offer
    }
  }

  @Test
  void largeFiles_streamed_arriveWholeInBoundedMemory() throws Exception {
    byte[] large = bytes(3_000_001);
    members.sending.reach(9, Map.of("a", large, "b", large));

    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    members.assertDelivered();
  }

  @Test
  void receiverDoesNotRead_senderSends_waitsWithFewBytesOnTheirWay() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    PeerServer silent =
        PeerServer.bind(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
            new PeerServer.Member(
                    SECOND_IDENTITY,
                    KnownPeers.open(
                        DirectoryFiles.at(directory.resolve("others")),
                        SECOND_IDENTITY.storeUuid()),
                    _ -> false,
                    fixture.delivered::add,
                    (_, _) -> {},
                    _ -> Optional.empty())
                .withSnapshots((_, _) -> awaitUninterruptibly(stopped)),
            fixture.group,
            PeerFixture.LIMITS,
            fixture.atServer);
    SnapshotDialler direct =
        new SnapshotDialler(
            FIRST_IDENTITY,
            fixture.group,
            PeerFixture.LIMITS,
            _ -> List.of(addressOf(silent)),
            new Recorder());
    SnapshotConnection connection = direct.open(SnapshotFixture.RECEIVER);
    SnapshotMessage.Chunk chunk =
        new SnapshotMessage.Chunk(0, 0, ByteString.copyFrom(bytes(100_000)), 0);
    long[] sent = {0};
    Thread sender =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (true) {
                      connection.send(chunk);
                      sent[0] += chunk.bytes().size();
                    }
                  } catch (IOException _) {
                    // closed below
                  }
                });
    while (sender.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    sender.join(200); // whatever the kernels take

    connection.close();
    sender.join();
    stopped.countDown();
    silent.close();

    assertThat(sent[0]).isLessThan(64 << 20);
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void otherMemberAnswers_dialled_isRefused() {
    assertThatThrownBy(() -> dialler(FIRST_IDENTITY).open(FIRST))
        .hasMessageContaining("answers there");
  }

  @Test
  void removedMember_dials_isRefused() {
    fixture.removed.add(FIRST);

    assertThatThrownBy(() -> dialler(FIRST_IDENTITY).open(SnapshotFixture.RECEIVER))
        .hasMessageContaining("removed");
  }

  @Test
  void noSnapshotsWanted_dialled_isClosed() throws IOException {
    PeerServer plain = fixture.server(directory.resolve("plain"));
    SnapshotDialler toPlain =
        new SnapshotDialler(
            SECOND_IDENTITY,
            fixture.group,
            PeerFixture.LIMITS,
            _ -> List.of(addressOf(plain)),
            new Recorder());

    SnapshotConnection connection = toPlain.open(FIRST);

    assertThatThrownBy(connection::receive).isInstanceOf(IOException.class);
  }

  // S4: the core must not hear of files that are not there.
  @Test
  void offer_onAConnectionForMessages_isDropped() throws Exception {
    try (PeerLinks links =
        fixture.links(
            SECOND_IDENTITY,
            addressOf(fixture.server(directory.resolve("plain"))),
            PeerFixture.LIMITS,
            new Recorder())) {
      var offer =
          PeerFixture.envelope(
              SECOND_IDENTITY.member(), new SnapshotOffer(SnapshotFixture.markerOf(9)));
      var after = PeerFixture.numbered(SECOND_IDENTITY.member(), 77);
      do {
        links.send(offer);
        links.send(after);
      } while (fixture.delivered.isEmpty());

      assertThat(fixture.nextDelivered()).isEqualTo(after);
      assertThat(fixture.delivered).doesNotContain(offer);
    }
  }
}
