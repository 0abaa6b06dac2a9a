package io.kvorum.raft.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// Member 1 sends what its state machine holds, member 2 receives. The network is the test's.
public final class SnapshotFixture implements AutoCloseable {
  public static final MemberId SENDER = new MemberId(1);
  public static final MemberId RECEIVER = new MemberId(2);
  static final long TERM = 7;

  public static final SnapshotLimits LIMITS =
      new SnapshotLimits(
          100,
          1L << 30,
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(60),
          Duration.ofNanos(1));

  public final SnapshotFolder atSender;
  public final SnapshotFolder atReceiver;
  public final Machine sending = new Machine();
  public final Machine receiving = new Machine();
  public final SnapshotReceiver receiver;
  public final SnapshotSender sender;

  /// What the receiver's core was told.
  final BlockingQueue<Envelope> offered = new LinkedBlockingQueue<>();

  /// What the sender's core was told.
  final BlockingQueue<SnapshotMarker> ready = new LinkedBlockingQueue<>();

  final BlockingQueue<Delivery> ends = new LinkedBlockingQueue<>();
  volatile boolean isCoreBusy;

  public SnapshotFixture(Path directory, SnapshotNetwork network) throws IOException {
    this(directory, network, LIMITS);
  }

  SnapshotFixture(Path directory, SnapshotNetwork network, SnapshotLimits limits)
      throws IOException {
    atSender = SnapshotFolder.open(directory.resolve("sender"));
    atReceiver = SnapshotFolder.open(directory.resolve("receiver"));
    receiver =
        new SnapshotReceiver(
            RECEIVER,
            atReceiver,
            receiving,
            offer -> !isCoreBusy && offered.add(offer),
            SnapshotMeter.NONE,
            System::nanoTime);
    sender =
        new SnapshotSender(
            new SnapshotSender.Parts(
                SENDER,
                3,
                atSender,
                sending,
                network,
                new SnapshotSender.Reports() {
                  @Override
                  public void ready(MemberId peer, long term, SnapshotMarker marker) {
                    ready.add(marker);
                  }

                  @Override
                  public void sent(MemberId peer, long index, Delivery delivery) {
                    ends.add(delivery);
                  }
                },
                SnapshotMeter.NONE),
            limits,
            System::nanoTime);
  }

  /// A state machine whose state is a few files.
  public static final class Machine implements SnapshotStore {
    final Map<String, byte[]> files = new TreeMap<>();
    volatile SnapshotMarker marker = markerOf(1);
    final AtomicInteger checkpoints = new AtomicInteger();
    volatile boolean isFailing;

    /// The state after this entry.
    public void reach(long index, Map<String, byte[]> state) {
      files.clear();
      files.putAll(state);
      marker = markerOf(index);
    }

    @Override
    public SnapshotMarker checkpoint(Path directory) throws IOException {
      checkpoints.incrementAndGet();
      Files.createDirectory(directory);
      if (isFailing) {
        throw new IOException("no");
      }
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Files.write(directory.resolve(file.getKey()), file.getValue());
      }
      return marker;
    }

    @Override
    public void verify(Path directory, SnapshotMarker expected) throws IOException {
      if (isFailing) {
        throw new IOException("not what was promised");
      }
    }

    @Override
    public long appliedIndex() {
      return marker.id().index();
    }
  }

  public static SnapshotMarker markerOf(long index) {
    return new SnapshotMarker(
        new EntryId(5, index), Configuration.ofVoters(List.of(SENDER, RECEIVER)));
  }

  static Envelope offerOf(SnapshotMarker marker) {
    return new Envelope(SENDER, RECEIVER, TERM, new SnapshotOffer(marker));
  }

  /// One round of what a core does: wants, offers, and hears of the end.
  public Delivery deliver() throws InterruptedException {
    sender.wanted(new SnapshotWanted(RECEIVER, TERM, 1));
    sender.offer(offerOf(next(ready)));
    return next(ends);
  }

  static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T next = queue.poll(30, TimeUnit.SECONDS);
    assertThat(next).as("nothing came").isNotNull();
    return next;
  }

  /// The receiver has exactly the files of the sender, and its core knows.
  public void assertDelivered() throws InterruptedException {
    SnapshotMarker marker = sending.marker;
    assertThat(next(offered)).isEqualTo(offerOf(marker));
    Map<String, byte[]> arrived = contents(atReceiver.received(marker.id()).orElseThrow());
    assertThat(arrived.keySet()).isEqualTo(sending.files.keySet());
    arrived.forEach((name, bytes) -> assertThat(bytes).isEqualTo(sending.files.get(name)));
  }

  static Map<String, byte[]> contents(Path directory) {
    Map<String, byte[]> files = new TreeMap<>();
    for (String name : names(directory)) {
      try {
        files.put(name, Files.readAllBytes(directory.resolve(name)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files;
  }

  static List<String> names(Path directory) {
    try (Stream<Path> paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Bytes that differ from place to place.
  public static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return bytes;
  }

  List<Path> outgoing(Path directory) {
    List<Path> outgoing = new ArrayList<>();
    for (String name : names(directory.resolve("sender"))) {
      outgoing.add(directory.resolve("sender").resolve(name));
    }
    return outgoing;
  }

  @Override
  public void close() {
    sender.close();
    receiver.close();
  }
}
