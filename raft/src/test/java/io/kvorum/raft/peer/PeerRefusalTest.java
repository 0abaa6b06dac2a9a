package io.kvorum.raft.peer;

import static io.kvorum.raft.peer.PeerFixture.LIMITS;
import static io.kvorum.raft.peer.PeerFixture.SECOND;
import static io.kvorum.raft.peer.PeerFixture.SECOND_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.THIRD;
import static io.kvorum.raft.peer.PeerFixture.THIRD_IDENTITY;
import static io.kvorum.raft.peer.PeerFixture.addressOf;
import static io.kvorum.raft.peer.PeerFixture.identity;
import static io.kvorum.raft.peer.PeerFixture.numberOf;
import static io.kvorum.raft.peer.PeerFixture.numbered;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.kvorum.proto.peer.HandshakeReply.Verdict;
import io.kvorum.raft.log.FaultyFiles;
import io.kvorum.raft.log.FaultyFiles.Operation;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// Everything a stranger can do to the peer port: it is refused with one log line, and the peer
/// that is connected all the while does not notice.
class PeerRefusalTest {
  private static final Logger LOG = (Logger) LoggerFactory.getLogger("io.kvorum.raft.peer");

  private final PeerFixture fixture = new PeerFixture();
  private final Recorder atThird = new Recorder();
  private final LogLines lines = new LogLines();
  @TempDir Path directory;

  private PeerServer server;
  private PeerLinks third;

  @BeforeEach
  void connectThird() throws Exception {
    lines.start();
    LOG.addAppender(lines);
    server = fixture.server(directory);
    third = fixture.links(THIRD_IDENTITY, addressOf(server), LIMITS, atThird);
    atThird.await("connected 1 OUTGOING");
  }

  @AfterEach
  void closeFixture() throws Exception {
    fixture.close();
    LOG.detachAppender(lines);
  }

  @Test
  void garbage_sent_isRefused() throws Exception {
    RawPeer raw = fixture.raw(server).write("\u00ff\u00feanything at all");

    assertRefused(raw, "neither a handshake nor an HTTP request");
  }

  @Test
  void hundredMegabytes_announcedFirst_areRefused() throws Exception {
    RawPeer raw = fixture.raw(server).writeInt(100_000_000);

    assertRefused(raw, "neither a handshake nor an HTTP request");
  }

  @Test
  void hundredMegabytes_announcedByAPeer_areRefused() throws Exception {
    RawPeer raw = accepted(SECOND_IDENTITY).writeInt(100_000_000);

    assertRefused(raw, "a frame of 100000000 bytes, at most 1048576 are read");
    fixture.atServer.await("disconnected 2 INCOMING");
  }

  @Test
  void negativeLength_announcedByAPeer_isRefused() throws Exception {
    RawPeer raw = accepted(SECOND_IDENTITY).writeInt(-1);

    assertRefused(raw, "a frame of 4294967295 bytes, at most 1048576 are read");
  }

  @Test
  void malformedMessage_sentByAPeer_isRefused() throws Exception {
    RawPeer raw = accepted(SECOND_IDENTITY).frame(new byte[] {0x0a, 0x05});

    assertRefused(raw, "member 2 sent a malformed message: not a protobuf message");
  }

  @Test
  void frameThatIsNoHandshake_sentFirst_isRefused() throws Exception {
    RawPeer raw = fixture.raw(server).frame(new byte[] {1, 2, 3});

    assertRefused(raw, "no handshake");
  }

  @Test
  void tlsHandshake_sent_isRefused() throws Exception {
    RawPeer raw = fixture.raw(server).write("\u0016\u0003\u0001\u0002\u0000");

    assertRefused(raw, "a TLS handshake, but this port speaks plain text");
  }

  @Test
  void httpPost_sent_isRefused() throws Exception {
    RawPeer raw = fixture.raw(server).write("POST /raft HTTP/1.1\r\nHost: x\r\n\r\n");

    assertRefused(raw, "an HTTP request other than GET");
  }

  @Test
  void httpGetOfAnUnknownPage_sent_isRefusedWith404() throws Exception {
    RawPeer raw = fixture.raw(server).write("GET /raft HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(raw.rest()).startsWith("HTTP/1.1 404");
    assertRefused(raw, "an HTTP request for another page than there is");
  }

  @Test
  void httpGetOfAKnownPage_sent_isAnswered() throws Exception {
    RawPeer raw = fixture.raw(server).write("GET /ver").write("sion?x HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(raw.rest())
        .startsWith("HTTP/1.1 200")
        .contains("content-type: application/json")
        .endsWith("{\"etcdserver\":\"3.6.0\"}");
    assertThat(lines.refusals()).isEmpty();
  }

  @Test
  void messageBeforeTheAnswer_sent_isRefused() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    PeerServer slow = slowServer(release);
    RawPeer raw = fixture.raw(slow).greet(SECOND_IDENTITY);

    raw.frame(WireCodec.encode(numbered(SECOND, 3)).toByteArray());

    assertRefused(raw, "it did not wait for the answer to its handshake");
    release.countDown();
  }

  @Test
  void otherVersion_presented_isRefused() throws Exception {
    RawPeer raw = fixture.raw(server).frame(RawPeer.greeting(0, SECOND_IDENTITY));

    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.UNSUPPORTED_VERSION);
    assertRefused(raw, "member 2: UNSUPPORTED_VERSION");
  }

  @Test
  void otherCluster_presented_isRefused() throws Exception {
    RawPeer raw =
        fixture.raw(server).greet(new PeerIdentity(0xc2, SECOND, SECOND_IDENTITY.storeUuid(), 5));

    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.WRONG_CLUSTER);
    assertRefused(raw, "member 2: WRONG_CLUSTER");
  }

  @Test
  void otherStore_presentedByAKnownMember_isRefusedAfterARestartToo() throws Exception {
    accepted(SECOND_IDENTITY);
    PeerIdentity wiped = new PeerIdentity(0xc1, SECOND, new UUID(9, 9), 9);
    RawPeer raw = fixture.raw(server).greet(wiped);

    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.STORE_REPLACED);
    assertRefused(raw, "member 2: STORE_REPLACED");

    server.close();
    PeerServer again = fixture.server(directory);
    assertThat(fixture.raw(again).greet(wiped).reply().getVerdict())
        .isEqualTo(Verdict.STORE_REPLACED);
  }

  @Test
  void lowerBoot_presentedByAKnownMember_isRefused() throws Exception {
    accepted(SECOND_IDENTITY);
    RawPeer raw = fixture.raw(server).greet(identity(SECOND, 4));

    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.OUTDATED_BOOT);
    assertRefused(raw, "member 2: OUTDATED_BOOT");
  }

  @Test
  void removedMember_connecting_isToldOnceThatItShouldStop() throws Exception {
    fixture.removed.add(SECOND);
    Recorder atSecond = new Recorder();
    fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atSecond);

    atSecond.await("removed by 1");
    atSecond.await("failed to connect 1");
    atSecond.await("failed to connect 1");
    atSecond.await("failed to connect 1");

    assertThat(atSecond.count("removed by 1")).isEqualTo(1);
    assertThat(lines.containing("cannot connect to peer")).hasSize(1);
    assertThirdIsServed();
  }

  @Test
  void anotherMember_answering_isNotConnectedTo() throws Exception {
    Recorder atSecond = new Recorder();
    PeerLinks links = fixture.links(SECOND_IDENTITY, addressOf(server), LIMITS, atSecond);
    atSecond.await("connected 1 OUTGOING");

    links.update(java.util.Map.of(THIRD, List.of(addressOf(server))));
    atSecond.await("failed to connect 3");
    atSecond.await("failed to connect 3");

    assertThat(lines.containing("member 1 answers there")).hasSize(1);
  }

  @Test
  void silence_tooLong_isRefused() throws Exception {
    PeerServer impatient =
        fixture.server(directory.resolve("other"), 0, limits(16, Duration.ofMillis(50)));

    assertRefused(fixture.raw(impatient), "no handshake in time");
    assertRefused(fixture.raw(impatient).write("GET /"), "no handshake in time");
    assertRefused(fixture.raw(impatient).writeInt(48), "no handshake in time");
  }

  @Test
  void halfOpenConnections_tooMany_areRefusedUntilOneEnds() throws Exception {
    PeerServer small =
        fixture.server(directory.resolve("other"), 0, limits(2, Duration.ofSeconds(15)));
    RawPeer peer = fixture.raw(small).greet(SECOND_IDENTITY);
    assertThat(peer.reply().getVerdict()).isEqualTo(Verdict.ACCEPTED);
    RawPeer first = fixture.raw(small);
    fixture.raw(small);

    assertRefused(fixture.raw(small), "too many connections without a handshake");

    first.write("GET /version HTTP/1.1\r\n\r\n");
    assertThat(first.rest()).startsWith("HTTP/1.1 200");
    RawPeer next = fixture.raw(small).write("GET /version HTTP/1.1\r\n\r\n");
    assertThat(next.rest()).startsWith("HTTP/1.1 200");
    peer.frame(WireCodec.encode(numbered(SECOND, 17)).toByteArray());
    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(17);
  }

  @Test
  void handshake_notYetDurable_isNotAnswered() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    PeerServer slow = slowServer(release);
    RawPeer raw = fixture.raw(slow).greet(SECOND_IDENTITY);
    raw.waitAtMost(100);

    assertThatThrownBy(raw::reply).isInstanceOf(SocketTimeoutException.class);
    assertThirdIsServed();
    release.countDown();
    raw.waitAtMost(15_000);

    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.ACCEPTED);
  }

  @Test
  void handshake_cannotBeMadeDurable_isRefusedAndReported() throws Exception {
    FaultyFiles disk = new FaultyFiles();
    disk.setHook(
        (operation, _) -> {
          if (operation == Operation.FORCE_DIRECTORY) {
            throw new IOException("the disk fails to force a directory");
          }
        });
    PeerServer failing = fixture.server(disk, 0, LIMITS);

    assertRefused(fixture.raw(failing).greet(SECOND_IDENTITY), "it could not be remembered");
    assertRefused(fixture.raw(failing).greet(SECOND_IDENTITY), "it could not be remembered");
    assertThat(fixture.atServer.count("failed")).isEqualTo(2);
  }

  private PeerServer slowServer(CountDownLatch release) throws Exception {
    FaultyFiles disk = new FaultyFiles();
    disk.setHook(
        (_, _) -> {
          try {
            release.await();
          } catch (InterruptedException e) {
            throw new InterruptedIOException("the test ends");
          }
        });
    return fixture.server(disk, 0, LIMITS);
  }

  private RawPeer accepted(PeerIdentity as) throws Exception {
    RawPeer raw = fixture.raw(server).greet(as);
    assertThat(raw.reply().getVerdict()).isEqualTo(Verdict.ACCEPTED);
    return raw;
  }

  private void assertRefused(RawPeer raw, String reason) throws Exception {
    raw.rest();
    fixture.atServer.await("refused: " + reason);
    assertThat(lines.refusals()).filteredOn(line -> line.contains(raw.localAddress())).hasSize(1);
    assertThat(lines.refusals())
        .anySatisfy(line -> assertThat(line).contains(raw.localAddress()).contains(reason));
    assertThirdIsServed();
  }

  private void assertThirdIsServed() throws InterruptedException {
    third.send(numbered(THIRD, 99));
    assertThat(numberOf(fixture.nextDelivered())).isEqualTo(99);
    assertThat(atThird.all).containsExactly("connected 1 OUTGOING");
  }

  private static PeerLimits limits(int halfOpen, Duration handshake) {
    return new PeerLimits(
        LIMITS.frameBytes(),
        LIMITS.queueMessages(),
        LIMITS.queueBytes(),
        LIMITS.inFlightBytes(),
        halfOpen,
        handshake,
        LIMITS.firstRetry(),
        LIMITS.lastRetry(),
        LIMITS.unanswered(),
        LIMITS.snapshotIdle(),
        LIMITS.snapshotConnections());
  }

  private static final class LogLines extends AppenderBase<ILoggingEvent> {
    private final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      lines.add(event.getMessage() + " " + event.getKeyValuePairs());
    }

    List<String> refusals() {
      return containing("refused peer connection");
    }

    List<String> containing(String text) {
      return lines.stream().filter(line -> line.contains(text)).toList();
    }
  }
}
