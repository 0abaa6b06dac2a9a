package io.kvorum.raft.snapshot;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.snapshot.SnapshotMessage.Begin;
import io.kvorum.raft.snapshot.SnapshotMessage.Chunk;
import io.kvorum.raft.snapshot.SnapshotMessage.FileEnd;
import io.kvorum.raft.snapshot.SnapshotMessage.Resume;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict;
import io.kvorum.raft.snapshot.SnapshotMessage.Verdict.Outcome;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The receiving half: brings one snapshot at a time to the disk, whole, and then tells the core.
///
/// A stream of a later or equal term takes the place of the one that comes, which may be a broken
/// connection that nobody has noticed; one of an earlier term is refused. Each connection is served
/// on its own thread; whoever has the turn owns the incoming files.
public final class SnapshotReceiver implements SnapshotInbox, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotReceiver.class);

  private final MemberId self;
  private final SnapshotFolder folder;
  private final SnapshotStore store;
  private final Predicate<Envelope> core;
  private final SnapshotMeter meter;
  private final LongSupplier nanoClock;
  private final ExecutorService syncs =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().name("snapshot-sync-", 0).daemon(true).factory());
  private final Object turns = new Object();

  @GuardedBy("turns")
  private @Nullable Turn current;

  @GuardedBy("turns")
  private boolean isClosed;

  // Kept over connections; owned by whoever has the turn.
  private Optional<IncomingFiles> incoming = Optional.empty();

  /// The right to receive.
  private record Turn(long term, SnapshotConnection connection) {}

  /// @param core takes an offer whose files are complete and durable; false if it cannot now
  public SnapshotReceiver(
      MemberId self,
      SnapshotFolder folder,
      SnapshotStore store,
      Predicate<Envelope> core,
      SnapshotMeter meter,
      LongSupplier nanoClock) {
    this.self = self;
    this.folder = folder;
    this.store = store;
    this.core = core;
    this.meter = meter;
    this.nanoClock = nanoClock;
  }

  @Override
  public void serve(MemberId peer, SnapshotConnection connection) {
    try (connection) {
      if (!(connection.receive() instanceof Begin begin)) {
        throw new IOException("it does not begin with an offer");
      }
      Optional<String> refusal = refusalOf(peer, begin).or(() -> await(begin, connection));
      if (refusal.isPresent()) {
        refuse(peer, connection, refusal.get());
        return;
      }
      try {
        receive(peer, begin, connection);
      } finally {
        endTurn();
      }
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("peer", peer)
          .addKeyValue("reason", e)
          .log("snapshot of a peer did not arrive");
    }
  }

  /// One that does not name this member would leave it outside of its own group (S2).
  private Optional<String> refusalOf(MemberId peer, Begin begin) {
    Envelope offer = begin.offer();
    if (!offer.from().equals(peer) || !offer.to().equals(self)) {
      return Optional.of("it is from or for another member");
    }
    return begin.marker().configuration().members().contains(self)
        ? Optional.empty()
        : Optional.of("its configuration does not name this member");
  }

  /// Waits for the turn; returns why there will be none.
  private Optional<String> await(Begin begin, SnapshotConnection connection) {
    Turn next = new Turn(begin.offer().term(), connection);
    synchronized (turns) {
      while (current != null && !isClosed) {
        if (current.term() > next.term()) {
          return Optional.of("one of a later term is coming");
        }
        current.connection().close();
        try {
          turns.wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return Optional.of("interrupted");
        }
      }
      if (isClosed) {
        return Optional.of("this member stops");
      }
      current = next;
      return Optional.empty();
    }
  }

  private void endTurn() {
    synchronized (turns) {
      current = null;
      turns.notifyAll();
    }
  }

  private void refuse(MemberId peer, SnapshotConnection connection, String reason)
      throws IOException {
    LOG.atWarn().addKeyValue("peer", peer).addKeyValue("reason", reason).log("refused snapshot");
    connection.send(new Verdict(Outcome.REFUSED, reason));
  }

  private void receive(MemberId peer, Begin begin, SnapshotConnection connection)
      throws IOException {
    long startNanos = nanoClock.getAsLong();
    Delivery delivery = Delivery.FAILED;
    meter.receiving(peer);
    try {
      if (isHere(begin.marker())) {
        connection.send(new Resume(IntStream.range(0, begin.files().size()).boxed().toList()));
      } else {
        receiveFiles(peer, begin, connection);
      }
      if (core.test(begin.offer())) {
        delivery = Delivery.DELIVERED;
        connection.send(new Verdict(Outcome.DELIVERED, ""));
      } else {
        refuse(peer, connection, "this member is too busy");
      }
    } finally {
      meter.received(peer, delivery, nanoClock.getAsLong() - startNanos);
    }
  }

  /// Whether nothing has to come: it came before, or its state was reached otherwise, which the
  /// core says to the sender's.
  private boolean isHere(SnapshotMarker marker) {
    return folder.received(marker.id()).isPresent() || store.appliedIndex() >= marker.id().index();
  }

  private void receiveFiles(MemberId peer, Begin begin, SnapshotConnection connection)
      throws IOException {
    EntryId last = begin.marker().id();
    IncomingFiles files = filesOf(begin);
    LOG.atInfo()
        .addKeyValue("peer", peer)
        .addKeyValue("entry", last)
        .addKeyValue("bytes", begin.sizeBytes())
        .addKeyValue("missing-bytes", files.missingBytes())
        .log("receiving snapshot");
    try {
      connection.send(files.progress());
      while (!files.hasAllBytes()) {
        switch (connection.receive()) {
          case Chunk chunk -> files.write(chunk);
          case FileEnd end -> files.end(end);
          case Begin _, Resume _, Verdict _ -> throw new IOException("a message out of order");
        }
      }
      files.awaitSync();
      store.verify(folder.incoming(), begin.marker());
    } catch (IOException e) {
      if (files.isComplete()) {
        incoming = Optional.empty(); // what is complete and wrong is of no use
      }
      throw e;
    } finally {
      files.interrupt();
    }
    incoming = Optional.empty();
    folder.complete(last);
    LOG.atInfo().addKeyValue("peer", peer).addKeyValue("entry", last).log("received snapshot");
  }

  private IncomingFiles filesOf(Begin begin) throws IOException {
    IncomingFiles files = incoming.filter(known -> known.isOf(begin)).orElse(null);
    if (files == null) {
      incoming = Optional.empty();
      files = new IncomingFiles(folder.newIncoming(), begin, syncs);
      if (files.missingBytes() > folder.usableBytes()) {
        throw new IOException("a snapshot of " + files.missingBytes() + " bytes does not fit");
      }
      incoming = Optional.of(files);
    }
    return files;
  }

  /// Ends what is coming, and waits for it.
  @Override
  public void close() {
    boolean wasInterrupted = false;
    synchronized (turns) {
      isClosed = true;
      while (current != null) {
        current.connection().close();
        try {
          turns.wait();
        } catch (InterruptedException e) {
          wasInterrupted = true;
        }
      }
    }
    syncs.close();
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
