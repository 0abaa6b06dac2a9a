package io.kvorum.raft.snapshot;

import static io.kvorum.raft.snapshot.SnapshotFixture.bytes;
import static io.kvorum.raft.snapshot.SnapshotFixture.markerOf;
import static io.kvorum.raft.snapshot.SnapshotFixture.names;
import static io.kvorum.raft.snapshot.SnapshotFixture.next;
import static io.kvorum.raft.snapshot.SnapshotFixture.offerOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.snapshot.SnapshotMessage.Begin;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import io.kvorum.raft.snapshot.SnapshotMessage.FileEnd;
import io.kvorum.raft.snapshot.SnapshotMessage.Resume;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sender and receiver over connections that do what the test says (raft.md S2, S3, S8, S9).
@Timeout(60)
class SnapshotStreamTest {
  /// Begin, 3 chunks and an end, an end, 1 chunk and an end.
  private static final int MESSAGES = 8;

  private static final Map<String, byte[]> STATE =
      Map.of("CURRENT", bytes(250), "empty", new byte[0], "table-1.sst", bytes(7));

  @TempDir private Path directory;
  private final MemoryConnections network = new MemoryConnections();
  private SnapshotFixture members;

  @BeforeEach
  void open() throws IOException {
    members = new SnapshotFixture(directory, _ -> network.connect(members.receiver));
    members.sending.reach(9, STATE);
  }

  @AfterEach
  void close() {
    members.close();
  }

  @Test
  void snapshot_streamed_isThereWholeBeforeTheCoreHearsOfIt() throws Exception {
    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    members.assertDelivered();
    while (!members.outgoing(directory).isEmpty()
        || members.sender.pinnedIndex() != Long.MAX_VALUE) {
      Thread.onSpinWait(); // what was sent is let go
    }
  }

  @Test
  void connectionBreaks_afterEachMessage_theNextOneGoesOnWhereFilesAreMissing() throws Exception {
    for (int broken = 0; broken < MESSAGES; broken++) {
      members.sending.reach(10 + broken, STATE);
      network.breakAfter(broken);
      assertThat(members.deliver()).as("broken after %d", broken).isEqualTo(Delivery.FAILED);
      assertThat(members.offered).isEmpty();
      assertThat(members.sender.pinnedIndex()).isEqualTo(10 + broken);
      int complete = broken < 5 ? 0 : broken < 6 ? 1 : 2;

      network.breakAfter(Integer.MAX_VALUE);
      assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

      members.assertDelivered();
      int[] messagesOfFiles = {4, 1, 2};
      int expected = 1;
      for (int file = complete; file < messagesOfFiles.length; file++) {
        expected += messagesOfFiles[file];
      }
      assertThat(network.messages()).as("after %d", broken).isEqualTo(expected);
    }
    assertThat(members.sending.checkpoints.get()).as("each is used again").isEqualTo(MESSAGES);
  }

  private static Stream<UnaryOperator<SnapshotMessage>> damages() {
    return Stream.of(
        message ->
            message instanceof Chunk chunk && chunk.file() == 2
                ? new Chunk(2, 0, ByteString.copyFrom(new byte[7]), chunk.checksum())
                : message,
        message ->
            message instanceof Chunk chunk && chunk.offset() == 100
                ? Chunk.of(0, 100, ByteString.copyFrom(new byte[100]))
                : message,
        message ->
            message instanceof Chunk chunk && chunk.offset() == 100
                ? new Chunk(0, 99, chunk.bytes(), chunk.checksum())
                : message,
        message ->
            message instanceof Chunk chunk && chunk.offset() == 200
                ? Chunk.of(0, 200, ByteString.copyFrom(new byte[51]))
                : message,
        message -> message instanceof Chunk chunk && chunk.offset() == 200 ? end(0) : message,
        message -> message instanceof FileEnd end && end.file() == 1 ? end(0) : message,
        message -> message instanceof FileEnd end && end.file() == 1 ? end(3) : message,
        message -> message instanceof FileEnd end && end.file() == 1 ? end(-1) : message,
        message -> message instanceof FileEnd end ? end(end.file()) : message,
        message -> message instanceof FileEnd ? new Resume(List.of()) : message,
        message -> message instanceof Begin ? new Verdict(Outcome.DELIVERED, "") : message);
  }

  private static FileEnd end(int file) {
    return new FileEnd(file, 99);
  }

  @ParameterizedTest
  @MethodSource("damages")
  void whatComesIsWrong_streamed_reachesNoCore(UnaryOperator<SnapshotMessage> damage)
      throws Exception {
    network.change(damage);
    assertThat(members.deliver()).isEqualTo(Delivery.FAILED);
    assertThat(members.offered).isEmpty();
    assertThat(members.atReceiver.received()).isEmpty();

    network.change(message -> message);
    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    members.assertDelivered();
  }

  @Test
  void filesComplete_areNotTheStatePromised_startOverWithTheNextAttempt() throws Exception {
    members.receiving.isFailing = true;
    assertThat(members.deliver()).isEqualTo(Delivery.FAILED);
    assertThat(members.offered).isEmpty();

    members.receiving.isFailing = false;
    network.breakAfter(Integer.MAX_VALUE);
    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    assertThat(network.messages()).isEqualTo(MESSAGES);
    members.assertDelivered();
  }

  @Test
  void coreIsBusy_offerRefused_comesAgainWithoutItsFiles() throws Exception {
    members.isCoreBusy = true;
    assertThat(members.deliver()).isEqualTo(Delivery.FAILED);

    members.isCoreBusy = false;
    network.breakAfter(Integer.MAX_VALUE);
    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    assertThat(network.messages()).as("its offer only").isEqualTo(1);
    members.assertDelivered();
  }

  @Test
  void receiverIsFurther_streamed_getsTheOfferWithoutFiles() throws Exception {
    members.receiving.marker = markerOf(9);

    assertThat(members.deliver()).isEqualTo(Delivery.DELIVERED);

    assertThat(next(members.offered)).isEqualTo(offerOf(markerOf(9)));
    assertThat(members.atReceiver.received()).isEmpty();
  }

  @Test
  void laterSnapshot_streamedAfterABrokenOne_replacesItsFiles() throws Exception {
    network.breakAfter(5); // the first file is complete
    assertThat(members.deliver()).isEqualTo(Delivery.FAILED);
    while (!Files.exists(members.atReceiver.incoming())
        || !names(members.atReceiver.incoming()).equals(List.of("CURRENT"))) {
      Thread.onSpinWait();
    }
    members.sending.reach(20, Map.of("CURRENT", bytes(3)));
    network.breakAfter(Integer.MAX_VALUE);

    members.sender.wanted(new SnapshotWanted(SnapshotFixture.RECEIVER, SnapshotFixture.TERM, 20));
    members.sender.offer(offerOf(next(members.ready)));

    assertThat(next(members.ends)).isEqualTo(Delivery.DELIVERED);
    members.assertDelivered();
  }

  @Test
  void offerWithoutACheckpoint_made_isReportedAsFailed() throws Exception {
    members.sender.offer(offerOf(markerOf(4)));

    assertThat(next(members.ends)).isEqualTo(Delivery.FAILED);
  }

  @Test
  void checkpointFails_wanted_isTakenWhenItIsWantedAgain() throws Exception {
    members.sending.isFailing = true;
    members.sender.wanted(new SnapshotWanted(SnapshotFixture.RECEIVER, SnapshotFixture.TERM, 1));
    while (members.sending.checkpoints.get() == 0) {
      Thread.onSpinWait();
    }
    members.sending.isFailing = false;

    SnapshotMarker marker = null;
    while (marker == null) {
      members.sender.wanted(new SnapshotWanted(SnapshotFixture.RECEIVER, SnapshotFixture.TERM, 1));
      marker = members.ready.poll(10, TimeUnit.MILLISECONDS);
    }

    assertThat(marker).isEqualTo(markerOf(9));
  }

  @Test
  void senderCloses_streamUnderWay_isReportedAsFailed() throws Exception {
    members.sender.wanted(new SnapshotWanted(SnapshotFixture.RECEIVER, SnapshotFixture.TERM, 1));
    SnapshotMarker marker = next(members.ready);
    network.change(message -> message instanceof FileEnd ? stop(message) : message);

    members.sender.offer(offerOf(marker));

    assertThat(next(members.ends)).isEqualTo(Delivery.FAILED);
    assertThat(members.offered).isEmpty();
  }

  private SnapshotMessage stop(SnapshotMessage message) {
    Thread stopping = Thread.ofPlatform().start(members.sender::close);
    while (stopping.getState() != Thread.State.WAITING
        && stopping.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    return message;
  }

  // S2: the recipient would be left outside of its own group.
  @Test
  void configurationWithoutTheReceiver_streamed_isRefused() throws Exception {
    SnapshotMarker marker =
        new SnapshotMarker(
            new EntryId(5, 9), Configuration.ofVoters(List.of(SnapshotFixture.SENDER)));

    assertRefused(offerOf(marker));
  }

  @Test
  void offerOfSomebodyElse_streamed_isRefused() throws Exception {
    assertRefused(
        new Envelope(new MemberId(3), SnapshotFixture.RECEIVER, 7, new SnapshotOffer(markerOf(9))));
  }

  private void assertRefused(Envelope offer) throws IOException {
    try (SnapshotConnection connection = network.connect(members.receiver)) {
      connection.send(new Begin(offer, new SnapshotId(offer.from(), 1, 1), List.of()));

      assertThat(connection.receive())
          .isInstanceOfSatisfying(
              Verdict.class, verdict -> assertThat(verdict.outcome()).isEqualTo(Outcome.REFUSED));
    }
    assertThat(members.offered).isEmpty();
  }

  @Test
  void twoStreams_ofRisingTerm_theLaterTakesOver() throws Exception {
    SnapshotConnection earlier = network.connect(members.receiver);
    earlier.send(beginOf(7));
    assertThat(earlier.receive()).isEqualTo(new Resume(List.of()));
    SnapshotConnection later = network.connect(members.receiver);

    later.send(beginOf(8));

    assertThat(later.receive()).isEqualTo(new Resume(List.of()));
    assertThatThrownBy(earlier::receive).isInstanceOf(IOException.class);
    SnapshotConnection tooLate = network.connect(members.receiver);
    tooLate.send(beginOf(7));
    assertThat(tooLate.receive()).isInstanceOf(Verdict.class);
  }

  private static Begin beginOf(long term) {
    return new Begin(
        new Envelope(
            SnapshotFixture.SENDER, SnapshotFixture.RECEIVER, term, new SnapshotOffer(markerOf(9))),
        new SnapshotId(SnapshotFixture.SENDER, term, 1),
        List.of(new SnapshotFile("a", 5)));
  }

  @Test
  void processEnds_leftoversOfBothSides_goWithTheNextStart() throws Exception {
    network.breakAfter(5);
    assertThat(members.deliver()).isEqualTo(Delivery.FAILED);
    while (!names(directory.resolve("receiver")).equals(List.of("incoming"))) {
      Thread.onSpinWait();
    }
    assertThat(names(directory.resolve("sender"))).hasSize(1);

    SnapshotFolder.open(directory.resolve("receiver"));
    SnapshotFolder.open(directory.resolve("sender"));

    assertThat(names(directory.resolve("receiver"))).isEmpty();
    assertThat(names(directory.resolve("sender"))).isEmpty();
  }

  @Test
  void pace_ofManyChunks_neverExceedsItsRate() {
    long[] now = {0};
    Pace pace = new Pace(1000, () -> now[0]);

    assertThat(pace.reserve(500)).isZero();
    assertThat(pace.reserve(500)).isEqualTo(Duration.ofMillis(500).toNanos());
    now[0] = Duration.ofSeconds(5).toNanos();
    assertThat(pace.reserve(100)).isEqualTo(now[0]);
    assertThat(pace.reserve(1)).isEqualTo(now[0] + Duration.ofMillis(100).toNanos());
  }
}
