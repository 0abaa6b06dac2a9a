package io.kvorum.raft.snapshot;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.Ready.SnapshotWanted;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/// The sending half: takes checkpoints when the core wants them, and streams them when it has made
/// an offer.
///
/// The thread `snapshots` owns the checkpoints; each stream has a thread `snapshot-out-n`. The
/// thread `raft` calls [#wanted] and [#offer], which only hand over.
public final class SnapshotSender implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotSender.class);
  private static final long SWEEP_MILLIS = 1_000;
  private static final long NOTHING = Long.MAX_VALUE;

  private final Parts parts;
  private final SnapshotLimits limits;
  private final LongSupplier nanoClock;
  private final Pace pace;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("snapshots").daemon(true).factory());
  private final ExecutorService streams =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().name("snapshot-out-", 0).daemon(true).factory());

  // Any thread.
  private final Map<MemberId, SnapshotWanted> asked = new ConcurrentHashMap<>();
  private final Set<SnapshotConnection> open = ConcurrentHashMap.newKeySet();
  private volatile long pinnedIndex = NOTHING;
  private volatile boolean isClosed;

  private final List<OutgoingSnapshot> kept = new ArrayList<>();
  private long taken;
  private Optional<Long> failedNanos = Optional.empty();
  private final Map<MemberId, Long> refusedNanos = new TreeMap<>();

  /// What the sender works with.
  ///
  /// @param bootEpoch of the member
  public record Parts(
      MemberId self,
      long bootEpoch,
      SnapshotFolder folder,
      SnapshotStore store,
      SnapshotNetwork network,
      Reports core,
      SnapshotMeter meter) {}

  /// Where the core hears of it. Must not block.
  public interface Reports {
    /// Answers a wish; see `Input.SnapshotReady`.
    void ready(MemberId peer, long term, SnapshotMarker marker);

    /// Ends an offer, always; see `Input.SnapshotSent`.
    void sent(MemberId peer, long index, Delivery delivery);
  }

  public SnapshotSender(Parts parts, SnapshotLimits limits, LongSupplier nanoClock) {
    this.parts = parts;
    this.limits = limits;
    this.nanoClock = nanoClock;
    this.pace = new Pace(limits.bytesPerSecond(), nanoClock);
    var _ =
        thread.scheduleWithFixedDelay(
            this::sweep, SWEEP_MILLIS, SWEEP_MILLIS, TimeUnit.MILLISECONDS);
  }

  /// A member lags behind the log. Answered once there is a checkpoint, or not at all: the core
  /// asks again. Never blocks.
  public void wanted(SnapshotWanted wanted) {
    if (asked.put(wanted.peer(), wanted) == null) {
      handOver(() -> prepare(wanted.peer()), () -> asked.remove(wanted.peer()));
    }
  }

  /// Streams the snapshot that the core offers, then the offer itself. Never blocks.
  public void offer(Envelope offer) {
    handOver(() -> begin(offer), () -> report(offer, Delivery.FAILED));
  }

  private void handOver(Runnable task, Runnable otherwise) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException _) {
      otherwise.run();
    }
  }

  /// The log must not be dropped beyond this index, if it is one: what is being sent would not
  /// connect to it any more (S8). Any thread.
  public long pinnedIndex() {
    return pinnedIndex;
  }

  private void prepare(MemberId peer) {
    SnapshotWanted wanted = asked.remove(peer);
    if (wanted == null || hasFailedLately(Optional.ofNullable(refusedNanos.get(peer)))) {
      return;
    }
    sweep();
    kept.stream()
        .filter(snapshot -> snapshot.helps(wanted))
        .reduce((_, newer) -> newer)
        .or(() -> take().filter(snapshot -> snapshot.helps(wanted)))
        .ifPresent(
            snapshot -> {
              snapshot.keepFor(peer, nanoClock.getAsLong() + limits.promise().toNanos());
              parts.core().ready(peer, wanted.term(), snapshot.marker());
            });
    pin();
  }

  private Optional<OutgoingSnapshot> take() {
    if (hasFailedLately(failedNanos)) {
      return Optional.empty();
    }
    long nowNanos = nanoClock.getAsLong();
    taken++;
    pinnedIndex = Math.min(pinnedIndex, parts.store().appliedIndex()); // what comes is not older
    Path directory = parts.folder().outgoing(taken);
    try {
      SnapshotMarker marker = parts.store().checkpoint(directory);
      SnapshotId id = new SnapshotId(parts.self(), parts.bootEpoch(), taken);
      OutgoingSnapshot snapshot = OutgoingSnapshot.of(id, directory, marker, nowNanos);
      kept.add(snapshot);
      failedNanos = Optional.empty();
      LOG.atInfo().addKeyValue("entry", marker.id()).log("took snapshot");
      return Optional.of(snapshot);
    } catch (IOException | RuntimeException e) {
      failedNanos = Optional.of(nowNanos);
      LOG.atWarn().addKeyValue("reason", e).log("cannot take a snapshot");
      delete(directory);
      return Optional.empty();
    }
  }

  private boolean hasFailedLately(Optional<Long> sinceNanos) {
    return sinceNanos.isPresent()
        && nanoClock.getAsLong() - sinceNanos.get() < limits.retry().toNanos();
  }

  private void begin(Envelope offer) {
    Optional<OutgoingSnapshot> snapshot =
        kept.stream()
            .filter(it -> it.marker().equals(markerOf(offer)) && it.isKeptFor(offer.to()))
            .findFirst();
    if (snapshot.isEmpty()) {
      report(offer, Delivery.FAILED);
      return;
    }
    snapshot.get().begin(offer.to());
    try {
      streams.execute(() -> stream(snapshot.get(), offer));
    } catch (RejectedExecutionException _) {
      ended(snapshot.get(), offer, Delivery.FAILED);
    }
  }

  private void stream(OutgoingSnapshot snapshot, Envelope offer) {
    long startNanos = nanoClock.getAsLong();
    Delivery delivery = Delivery.FAILED;
    parts.meter().sending(offer.to());
    try {
      send(snapshot, offer);
      delivery = Delivery.DELIVERED;
      log(LOG.atInfo(), snapshot, offer).log("sent snapshot");
    } catch (IOException | RuntimeException e) {
      log(LOG.atWarn(), snapshot, offer).addKeyValue("reason", e).log("could not send snapshot");
    } finally {
      parts.meter().sent(offer.to(), delivery, nanoClock.getAsLong() - startNanos);
      ended(snapshot, offer, delivery);
    }
  }

  private static LoggingEventBuilder log(
      LoggingEventBuilder line, OutgoingSnapshot snapshot, Envelope offer) {
    return line.addKeyValue("peer", offer.to()).addKeyValue("entry", snapshot.marker().id());
  }

  private void send(OutgoingSnapshot snapshot, Envelope offer) throws IOException {
    log(LOG.atInfo(), snapshot, offer).log("sending snapshot");
    try (SnapshotConnection connection = parts.network().open(offer.to())) {
      open.add(connection);
      try {
        if (isClosed) {
          throw new IOException("this member stops");
        }
        new OutgoingStream(snapshot, connection, limits.chunkBytes(), pace).run(offer);
      } finally {
        open.remove(connection);
      }
    }
  }

  /// First the checkpoint is given back, then the core hears of it, and may want it again.
  private void ended(OutgoingSnapshot snapshot, Envelope offer, Delivery delivery) {
    handOver(
        () -> {
          long nowNanos = nanoClock.getAsLong();
          snapshot.end(offer.to());
          switch (delivery) {
            case DELIVERED -> refusedNanos.remove(offer.to());
            case FAILED -> {
              refusedNanos.put(offer.to(), nowNanos);
              snapshot.keepFor(offer.to(), nowNanos + limits.resume().toNanos());
            }
          }
          report(offer, delivery);
          sweep();
        },
        () -> report(offer, delivery));
  }

  private void report(Envelope offer, Delivery delivery) {
    parts.core().sent(offer.to(), markerOf(offer).id().index(), delivery);
  }

  private static SnapshotMarker markerOf(Envelope offer) {
    return ((SnapshotOffer) offer.message()).marker();
  }

  private void sweep() {
    long nowNanos = nanoClock.getAsLong();
    kept.removeIf(
        snapshot -> {
          boolean isNeeded = snapshot.isNeeded(nowNanos);
          if (!isNeeded) {
            delete(snapshot.directory());
          }
          return !isNeeded;
        });
    pin();
  }

  private void pin() {
    long since = nanoClock.getAsLong() - limits.pin().toNanos();
    pinnedIndex =
        kept.stream()
            .filter(snapshot -> snapshot.isTakenSince(since))
            .mapToLong(OutgoingSnapshot::index)
            .min()
            .orElse(NOTHING);
  }

  private static void delete(Path directory) {
    try {
      SnapshotFolder.deleteTree(directory);
    } catch (IOException | RuntimeException e) {
      LOG.atWarn().setCause(e).log("cannot delete a snapshot that was sent");
    }
  }

  /// Ends all streams and waits for them; their ends are reported. The core must not want anything
  /// any more.
  @Override
  public void close() {
    isClosed = true;
    streams.shutdown();
    open.forEach(SnapshotConnection::close);
    streams.close();
    thread.close(); // after what the streams have handed over
  }
}
