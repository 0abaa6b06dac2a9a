package io.kvorum.raft.peer;

import static io.kvorum.raft.peer.PeerFixture.FIRST;
import static io.kvorum.raft.peer.PeerFixture.FIRST_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.LIMITS;
import static io.kvorum.raft.peer.PeerFixture.SECOND;
import static io.kvorum.raft.peer.PeerFixture.SECOND_IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.log.DirectoryFiles;
import io.kvorum.raft.node.RaftNodeOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two members with both halves of the transport each.
class PeerTransportTest {
  /// Nobody who waits for this attempt would see its outcome.
  private static final Duration NEVER = Duration.ofHours(1);

  private final Recorder atFirst = new Recorder();
  private final Recorder atSecond = new Recorder();
  private final Deque<PeerTransport> opened = new ArrayDeque<>();
  @TempDir Path directory;

  @AfterEach
  void close() {
    opened.forEach(PeerTransport::close);
  }

  private PeerTransport start(PeerIdentity self, PeerLimits limits, Recorder recorder) {
    PeerTransport transport = PeerTransport.start(self, limits, recorder, new Random(1));
    opened.push(transport);
    return transport;
  }

  private InetSocketAddress listen(PeerTransport transport, PeerIdentity self, int port)
      throws IOException {
    Path files = Files.createDirectory(directory.resolve("of-" + self.member()));
    return transport
        .listen(
            List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)),
            new PeerServer.Member(
                self,
                KnownPeers.open(DirectoryFiles.at(files), self.storeUuid()),
                _ -> false,
                _ -> {},
                (_, _) -> {},
                _ -> Optional.empty()))
        .addresses()
        .getFirst();
  }

  @Test
  void connectedMembers_measureTheRoundTripToEachOther() throws Exception {
    PeerTransport first = start(FIRST_IDENTITY, LIMITS, atFirst);
    PeerTransport second = start(SECOND_IDENTITY, LIMITS, atSecond);
    InetSocketAddress ofFirst = listen(first, FIRST_IDENTITY, 0);
    InetSocketAddress ofSecond = listen(second, SECOND_IDENTITY, 0);

    first.links().update(Map.of(SECOND, List.of(ofSecond)));
    second.links().update(Map.of(FIRST, List.of(ofFirst)));

    atFirst.await("round trip 2");
    atSecond.await("round trip 1");
    assertThat(atFirst.roundTripNanos.get()).isBetween(1L, TimeUnit.SECONDS.toNanos(15));
  }

  @Test
  void peerThatWasAway_connects_isConnectedToAtOnce() throws Exception {
    PeerTransport first = start(FIRST_IDENTITY, withRetriesAfter(NEVER), atFirst);
    InetSocketAddress ofFirst = listen(first, FIRST_IDENTITY, 0);
    int port = freePort();
    first
        .links()
        .update(
            Map.of(SECOND, List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))));
    atFirst.await("failed to connect 2");

    PeerTransport second = start(SECOND_IDENTITY, LIMITS, atSecond);
    listen(second, SECOND_IDENTITY, port);
    second.links().update(Map.of(FIRST, List.of(ofFirst)));

    atFirst.await("connected 2 OUTGOING");
  }

  /// Decision 15.
  @Test
  void peerWhoseProcessEnds_isReportedGoneOnce() throws Exception {
    connectFirstToSecondAndStopIt(ofSecond -> List.of(ofSecond, ofSecond));

    atFirst.await("gone 2");
    atFirst.await("failed to connect 2");
    atFirst.await("failed to connect 2");
    assertThat(atFirst.count("gone 2")).isEqualTo(1);
  }

  /// Decision 15: it may listen elsewhere, or not yet.
  @Test
  void peerThatWasNeverConnected_refuses_isNotReportedGone() throws Exception {
    PeerTransport first = start(FIRST_IDENTITY, LIMITS, atFirst);
    listen(first, FIRST_IDENTITY, 0);

    first
        .links()
        .update(
            Map.of(
                SECOND,
                List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort()))));

    for (int attempt = 0; attempt < 5; attempt++) {
      atFirst.await("failed to connect 2");
    }
    assertThat(atFirst.count("gone 2")).isZero();
  }

  /// Decision 15: what still listens at one of its addresses may be the peer.
  @Test
  void peerWithAnAddressThatAccepts_isNotReportedGone() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      connectFirstToSecondAndStopIt(
          ofSecond -> List.of(ofSecond, (InetSocketAddress) other.getLocalSocketAddress()));

      for (int accepted = 0; accepted < 3; accepted++) {
        other.accept().close();
        atFirst.await("failed to connect 2");
      }
      assertThat(atFirst.count("gone 2")).isZero();
    }
  }

  /// @param addresses of the second member, as the first is told them, by the one it listens on
  private void connectFirstToSecondAndStopIt(
      Function<InetSocketAddress, List<InetSocketAddress>> addresses) throws Exception {
    PeerTransport first = start(FIRST_IDENTITY, LIMITS, atFirst);
    PeerTransport second = start(SECOND_IDENTITY, LIMITS, atSecond);
    listen(first, FIRST_IDENTITY, 0);
    InetSocketAddress ofSecond = listen(second, SECOND_IDENTITY, 0);
    first.links().update(Map.of(SECOND, addresses.apply(ofSecond)));
    atFirst.await("connected 2 OUTGOING");
    opened.remove(second);
    second.close();
    atFirst.await("disconnected 2 OUTGOING");
  }

  @Test
  void fullWindowOfAppends_fitsTheQueueToThePeerAndItsInbox() {
    PeerLimits limits = PeerLimits.standard();
    long lastMayOvershoot = limits.frameBytes();

    long mostBytes = RaftOptions.defaults().replication().windowBytes() + lastMayOvershoot;

    assertThat(limits.queueBytes()).isGreaterThanOrEqualTo(mostBytes);
    assertThat(RaftNodeOptions.defaults(FIRST).inboxBytes()).isGreaterThanOrEqualTo(mostBytes);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static PeerLimits withRetriesAfter(Duration wait) {
    return new PeerLimits(
        LIMITS.frameBytes(),
        LIMITS.queueMessages(),
        LIMITS.queueBytes(),
        LIMITS.inFlightBytes(),
        LIMITS.halfOpen(),
        LIMITS.handshake(),
        wait,
        wait,
        LIMITS.unanswered(),
        LIMITS.snapshotIdle(),
        LIMITS.snapshotConnections());
  }
}
