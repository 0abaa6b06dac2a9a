package io.kvorum.raft.peer;

import static io.kvorum.raft.peer.PeerFixture.FIRST;
import static io.kvorum.raft.peer.PeerFixture.FIRST_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.LIMITS;
import static io.kvorum.raft.peer.PeerFixture.SECOND;
import static io.kvorum.raft.peer.PeerFixture.SECOND_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.THIRD;
import static io.kvorum.raft.peer.PeerFixture.THIRD_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.addressOf;
import static io.kvorum.raft.peer.PeerFixture.numberOf;
import static io.kvorum.raft.peer.PeerFixture.numbered;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.RaftMessage;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerDeliveryTest {
  private final PeerFixture fixture = new PeerFixture();
  private final Recorder atLinks = new Recorder();
  @TempDir Path directory;

  @AfterEach
  void closeFixture() throws Exception {
    fixture.close();
  }

  @Test
  void hundredThousandMessages_sent_arriveInOrder() throws Exception {
    PeerLimits roomy = withQueue(200_000, 64L << 20);
    PeerServer server = fixture.server(directory, 0, roomy);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), roomy, atLinks);
    atLinks.await("connected 1 OUTGOING");

    for (long number = 1; number <= 100_000; number++) {
      links.send(numbered(SECOND, number));
    }

    for (long number = 1; number <= 100_000; number++) {
      assertThat(numberOf(fixture.nextDelivered())).isEqualTo(number);
    }
    assertThat(atLinks.droppedOutgoing.get()).isZero();
  }

  @Test
  void notesBetweenMessages_sent_arriveAtTheirConsumerInOrder() throws Exception {
    PeerLimits roomy = withQueue(20_000, 8L << 20);
    PeerServer server = fixture.server(directory, 0, roomy);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), roomy, atLinks);
    atLinks.await("connected 1 OUTGOING");

    for (int number = 1; number <= 5_000; number++) {
      links.send(numbered(SECOND, number));
      assertThat(links.send(FIRST, note("note " + number))).isTrue();
    }

    for (int number = 1; number <= 5_000; number++) {
      assertThat(numberOf(fixture.nextDelivered())).isEqualTo(number);
      assertThat(fixture.nextNoted()).isEqualTo("2 note " + number);
    }
    assertThat(fixture.arrivals)
        .containsExactlyElementsOf(
            Stream.generate(() -> List.of("message", "note"))
                .limit(5_000)
                .flatMap(List::stream)
                .toList());
  }

  @Test
  void noteToAPeerWithoutConnection_orToAStranger_isNotQueued() throws Exception {
    PeerLinks links = fixture.links(SECOND_IDENTITY, deadAddress(), LIMITS, atLinks);

    assertThat(links.send(FIRST, note("unheard"))).isFalse();
    assertThat(links.send(THIRD, note("unheard"))).isFalse();

    atLinks.await("unreachable 1");
    assertThat(atLinks.droppedOutgoing.get()).isEqualTo(2);
    assertThat(link(links).queuedMessages()).isZero();
  }

  @Test
  void noteUnderAnotherName_orForAnother_isDroppedAndCounted() throws Exception {
    PeerServer server = fixture.server(directory);
    RawPeer peer = fixture.raw(server).greet(SECOND_IDENTITY);
    peer.reply();

    peer.frame(WireCodec.encodeNote(THIRD, FIRST, note("forged")).toByteArray());
    peer.frame(WireCodec.encodeNote(SECOND, THIRD, note("stray")).toByteArray());
    peer.frame(WireCodec.encodeNote(SECOND, FIRST, note("heard")).toByteArray());

    assertThat(fixture.nextNoted()).isEqualTo("2 heard");
    assertThat(fixture.atServer.count("dropped from 2")).isEqualTo(2);
  }

  @Test
  void largeMessages_sent_arriveWhole() throws Exception {
    PeerServer server = fixture.server(directory);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atLinks);
    atLinks.await("connected 1 OUTGOING");
    List<Envelope> sent = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      sent.add(large(i, 700_000 + i));
    }

    sent.forEach(links::send);

    for (Envelope expected : sent) {
      assertThat(fixture.nextDelivered()).isEqualTo(expected);
    }
  }

  @Test
  void tooLongMessage_sent_isDroppedAndTheConnectionStays() throws Exception {
    PeerServer server = fixture.server(directory);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atLinks);
    atLinks.await("connected 1 OUTGOING");

    links.send(large(1, LIMITS.frameBytes()));
    links.send(numbered(SECOND, 17));

    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
    assertThat(atLinks.all).containsExactly("connected 1 OUTGOING", "unreachable 1");
  }

  @Test
  void serverGone_comesBack_isConnectedToAgain() throws Exception {
    PeerServer server = fixture.server(directory);
    InetSocketAddress address = addressOf(server);
    PeerLinks links = fixture.links(SECOND_IDENTITY, address, LIMITS, atLinks);
    atLinks.await("connected 1 OUTGOING");
    server.close();
    atLinks.await("unreachable 1");
    for (int i = 0; i < 1000; i++) {
      links.send(numbered(SECOND, 3));
    }
    atLinks.await("failed to connect 1");
    atLinks.await("failed to connect 1");

    fixture.server(directory, address.getPort(), LIMITS);
    atLinks.await("connected 1 OUTGOING");
    links.send(numbered(SECOND, 17));

    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
    assertThat(atLinks.count("unreachable 1")).isEqualTo(1);
    assertThat(atLinks.droppedOutgoing.get()).isEqualTo(1000);
  }

  @Test
  void firstAddressDead_secondAlive_isConnected() throws Exception {
    PeerServer server = fixture.server(directory);
    PeerLinks links = fixture.links(SECOND_IDENTITY, deadAddress(), LIMITS, atLinks);
    atLinks.await("failed to connect 1");

    links.update(
        Map.of(
            FIRST,
            List.of(
                deadAddress(),
                InetSocketAddress.createUnresolved("localhost", addressOf(server).getPort()))));

    atLinks.await("connected 1 OUTGOING");
  }

  @Test
  void peerRemovedFromTheLinks_isDisconnectedAndSentNothing() throws Exception {
    PeerServer server = fixture.server(directory);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atLinks);
    atLinks.await("connected 1 OUTGOING");

    links.update(Map.of());
    links.send(numbered(SECOND, 17));

    atLinks.await("disconnected 1 OUTGOING");
    fixture.atServer.await("disconnected 2 INCOMING");
    assertThat(atLinks.droppedOutgoing.get()).isEqualTo(1);
    assertThat(fixture.delivered).isEmpty();
  }

  @Test
  void addressChanged_isConnectedToTheNewOne() throws Exception {
    PeerServer old = fixture.server(directory.resolve("old"));
    PeerServer moved = fixture.server(directory.resolve("moved"));
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(old), LIMITS, atLinks);
    atLinks.await("connected 1 OUTGOING");

    links.update(Map.of(FIRST, List.of(addressOf(moved))));
    atLinks.await("disconnected 1 OUTGOING");
    atLinks.await("connected 1 OUTGOING");
    old.close();
    links.send(numbered(SECOND, 17));

    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
  }

  @Test
  void peerDown_manySends_keepNothing() throws Exception {
    PeerLinks links = fixture.links(SECOND_IDENTITY, deadAddress(), LIMITS, atLinks);

    for (int i = 0; i < 10_000; i++) {
      links.send(large(i, 10_000));
    }

    assertThat(atLinks.droppedOutgoing.get()).isEqualTo(10_000);
    assertThat(link(links).queuedMessages()).isZero();
    atLinks.await("unreachable 1");
    assertThat(atLinks.count("unreachable 1")).isEqualTo(1);
  }

  @Test
  void peerDoesNotRead_manySends_queueIsBoundedAndHeartbeatsComeFirst() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      PeerLinks links =
          fixture.links(
              SECOND_IDENTITY,
              new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()),
              LIMITS,
              atLinks);
      try (Socket silent = acceptByHand(listener)) {
        atLinks.await("connected 1 OUTGOING");

        int sends = 1000;
        for (int i = 0; i < sends; i++) {
          links.send(large(i, 50_000));
          assertThat(link(links).queuedBytes()).isLessThanOrEqualTo(LIMITS.queueBytes());
          assertThat(link(links).queuedMessages()).isLessThanOrEqualTo(LIMITS.queueMessages());
        }
        atLinks.await("unreachable 1");
        int waiting = queuedOnceTheSocketIsFull(link(links));
        links.send(PeerFixture.envelope(SECOND, new RaftMessage.Heartbeat(3, 17)));

        assertThat(waiting).isGreaterThan(50);
        int frames = (int) (sends - atLinks.droppedOutgoing.get()) + 1;
        assertThat(frames).isLessThan(sends);
        assertThat(framesAfterHeartbeat(silent, frames)).isGreaterThanOrEqualTo(waiting);
      }
    }
  }

  private static int queuedOnceTheSocketIsFull(PeerLink link) throws InterruptedException {
    int before = -1;
    int now = link.queuedMessages();
    while (now != before) {
      Thread.sleep(200); // the kernel takes more for a while
      before = now;
      now = link.queuedMessages();
    }
    return now;
  }

  @Test
  void connectionCutAgainAndAgain_nothingArrivesTwice() throws Exception {
    PeerServer server = fixture.server(directory);
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atLinks);
    long number = 0;
    for (int round = 0; round < 30; round++) {
      atLinks.await("connected 1 OUTGOING");
      for (int i = 0; i < 300; i++) {
        number++;
        links.send(numbered(SECOND, number));
        if (i == 10 * round) {
          server.disconnect(SECOND);
        }
      }
    }
    atLinks.await("connected 1 OUTGOING");
    number++;
    links.send(numbered(SECOND, number));

    List<Long> numbers = new ArrayList<>();
    while (numbers.isEmpty() || numbers.getLast() != number) {
      numbers.add(numberOf(fixture.nextDelivered()));
    }

    assertThat(numbers).doesNotHaveDuplicates().isSorted();
    assertThat(atLinks.count("connected 1 OUTGOING")).isEqualTo(31);
  }

  @Test
  void secondConnectionOfAPeer_replacesTheFirst() throws Exception {
    PeerServer server = fixture.server(directory);
    RawPeer first = fixture.raw(server).greet(SECOND_IDENTITY);
    assertThat(first.reply().getVerdict()).isEqualTo(HandshakeReply.Verdict.ACCEPTED);

    RawPeer second = fixture.raw(server).greet(SECOND_IDENTITY);
    assertThat(second.reply().getVerdict()).isEqualTo(HandshakeReply.Verdict.ACCEPTED);

    assertThat(first.rest()).isEmpty();
    second.frame(WireCodec.encode(numbered(SECOND, 17)).toByteArray());
    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
    assertThat(fixture.atServer.all)
        .containsExactly("connected 2 INCOMING", "disconnected 2 INCOMING", "connected 2 INCOMING");
  }

  @Test
  void strayAndUnknownMessages_received_areDroppedAndCounted() throws Exception {
    PeerServer server = fixture.server(directory);
    RawPeer peer = fixture.raw(server).greet(SECOND_IDENTITY);
    peer.reply();
    Envelope forAnother = new Envelope(SECOND, THIRD, 7, new RaftMessage.ReadIndexRequest(3));

    peer.frame(WireCodec.encode(forAnother).toByteArray());
    peer.frame(WireCodec.encode(numbered(THIRD, 4)).toByteArray());
    peer.frame(
        WireCodec.encode(numbered(SECOND, 5)).toBuilder().clearMessage().build().toByteArray());
    peer.frame(WireCodec.encode(numbered(SECOND, 17)).toByteArray());

    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
    assertThat(fixture.atServer.count("dropped from 2")).isEqualTo(3);
  }

  @Test
  void twoPeers_connected_bytesAreCountedOnBothSides() throws Exception {
    PeerServer server = fixture.server(directory);
    Recorder atThird = new Recorder();
    PeerLinks second = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atLinks);
    PeerLinks third = fixture.links(THIRD_IDENTITY, addressOf(server), LIMITS, atThird);
    atLinks.await("connected 1 OUTGOING");
    atThird.await("connected 1 OUTGOING");

    second.send(numbered(SECOND, 5));
    third.send(numbered(THIRD, 6));

    assertThat(List.of(numberOf(fixture.nextDelivered()), numberOf(fixture.nextDelivered())))
        .containsExactlyInAnyOrder(5L, 6L);
    server.close();
    assertThat(atLinks.sentBytes.get() + atThird.sentBytes.get())
        .isEqualTo(fixture.atServer.receivedBytes.get())
        .isPositive();
  }

  private static PeerLink link(PeerLinks links) {
    return Objects.requireNonNull(links.link(FIRST));
  }

  /// Takes the connection and its handshake, then reads nothing more.
  private static Socket acceptByHand(ServerSocket listener) throws IOException {
    Socket socket = listener.accept();
    socket.setSoTimeout(15_000);
    DataInputStream in = new DataInputStream(socket.getInputStream());
    in.readFully(new byte[in.readInt()]);
    byte[] reply =
        HandshakeReply.newBuilder()
            .setProtocolVersion(1)
            .setClusterId(FIRST_IDENTITY.clusterId())
            .setMemberId(FIRST.value())
            .setVerdict(HandshakeReply.Verdict.ACCEPTED)
            .build()
            .toByteArray();
    socket.getOutputStream().write(new byte[] {0, 0, 0, (byte) reply.length});
    socket.getOutputStream().write(reply);
    return socket;
  }

  private static int framesAfterHeartbeat(Socket socket, int frames) throws IOException {
    DataInputStream in = new DataInputStream(socket.getInputStream());
    int after = -1;
    for (int i = 0; i < frames; i++) {
      byte[] frame = new byte[in.readInt()];
      in.readFully(frame);
      if (after >= 0 || frame.length < 1000) {
        after++;
      }
    }
    return after;
  }

  private static Envelope large(long number, int bytes) {
    return PeerFixture.envelope(
        SECOND, new RaftMessage.ForwardedProposal(number, ByteString.copyFrom(new byte[bytes])));
  }

  private static ByteString note(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static InetSocketAddress deadAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    }
  }

  private static PeerLimits withQueue(int messages, long bytes) {
    return new PeerLimits(
        LIMITS.frameBytes(),
        messages,
        bytes,
        LIMITS.inFlightBytes(),
        LIMITS.halfOpen(),
        LIMITS.handshake(),
        LIMITS.firstRetry(),
        LIMITS.lastRetry(),
        LIMITS.unanswered(),
        LIMITS.snapshotIdle(),
        LIMITS.snapshotConnections());
  }
}
