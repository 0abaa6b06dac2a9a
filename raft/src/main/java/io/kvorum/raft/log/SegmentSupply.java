package io.kvorum.raft.log;

import io.kvorum.invariant.InvariantViolation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one blank segment ready (W6), and a ballast to give up when the disk is full (W11).
///
/// [#prepare], [#take] and [#close] belong to the thread `log`; the filling runs in the background
/// and touches no other file. Blank files hold written zeros, not holes: a full disk must show
/// here, and not in the middle of a batch.
final class SegmentSupply {
  static final String NEXT = "next" + SegmentName.TEMPORARY;

  private static final Logger LOG = LoggerFactory.getLogger(SegmentSupply.class);
  private static final int ZEROS_BYTES = 256 << 10;

  private final LogFiles files;
  private final LogOptions options;
  private @Nullable CompletableFuture<Outcome> preparation;
  private volatile boolean isReserveSpent;

  SegmentSupply(LogFiles files, LogOptions options) {
    this.files = files;
    this.options = options;
  }

  /// A zero-filled, synced file without a name in the log.
  record Blank(LogFile file, int capacity) {}

  private enum Outcome {
    READY,
    NO_ROOM
  }

  /// Sees to it that a spare will be ready; returns at once.
  void prepare() {
    if (preparation == null) {
      preparation = CompletableFuture.supplyAsync(this::fillUnchecked, options.background());
    }
  }

  /// Fails if a preparation has failed (W8).
  void checkHealthy() throws IOException {
    if (preparation != null && preparation.isCompletedExceptionally()) {
      await(preparation);
    }
  }

  /// Hands out a blank file of at least `neededBytes`, called [#NEXT]; waits for one that is being
  /// filled.
  Blank take(long neededBytes) throws IOException {
    prepare();
    Outcome outcome = await(preparation);
    preparation = null;
    if (outcome == Outcome.NO_ROOM) {
      return fromReserve(neededBytes);
    }
    if (neededBytes > options.segmentBytes()) {
      prepare(); // the spare stays
      return make(neededBytes);
    }
    files.rename(SegmentName.SPARE, NEXT);
    files.forceDirectory();
    return new Blank(files.open(NEXT), options.segmentBytes());
  }

  /// How much room is left. Any thread.
  LogSpace space() throws IOException {
    boolean isLow = isReserveSpent || files.usableBytes() < options.minimumFreeBytes();
    return isLow ? LogSpace.LOW : LogSpace.AMPLE;
  }

  /// Waits until nothing runs in the background.
  void close() {
    if (preparation != null) {
      preparation.handle((_, _) -> Outcome.READY).join();
    }
  }

  private Outcome fillUnchecked() {
    try {
      return fill();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private Outcome fill() throws IOException {
    List<String> names = files.list();
    if (names.contains(SegmentName.SPARE)) {
      if (sizeOf(SegmentName.SPARE) == options.segmentBytes()) {
        return Outcome.READY;
      }
      files.delete(SegmentName.SPARE);
    }
    boolean hasBallast = names.contains(SegmentName.BALLAST);
    long wantedBytes = options.segmentBytes() + (hasBallast ? 0L : options.reserveBytes());
    if (files.usableBytes() < wantedBytes) {
      return Outcome.NO_ROOM;
    }
    if (!hasBallast) {
      fillNamed(SegmentName.BALLAST, options.reserveBytes());
      isReserveSpent = false;
    }
    fillNamed(SegmentName.SPARE, options.segmentBytes());
    return Outcome.READY;
  }

  private void fillNamed(String name, int bytes) throws IOException {
    String temporary = name + SegmentName.TEMPORARY;
    try (LogFile file = files.create(temporary)) {
      fillWithZeros(file, bytes);
      file.forceAll();
    }
    files.rename(temporary, name);
    files.forceDirectory();
  }

  private long sizeOf(String name) throws IOException {
    try (LogFile file = files.openToRead(name)) {
      return file.size();
    }
  }

  /// A last small segment in the room the ballast took.
  private Blank fromReserve(long neededBytes) throws IOException {
    if (files.list().contains(SegmentName.BALLAST)) {
      LOG.atError().log("the disk of the log is full, using the reserve");
      files.delete(SegmentName.BALLAST);
      files.forceDirectory();
    }
    isReserveSpent = true;
    return make(Math.max(neededBytes, Math.min(options.reserveBytes(), options.segmentBytes())));
  }

  private Blank make(long neededBytes) throws IOException {
    int capacity = Math.toIntExact(FrameLayout.nextSector(neededBytes));
    LogFile file = files.create(NEXT);
    fillWithZeros(file, capacity);
    file.forceAll();
    return new Blank(file, capacity);
  }

  /// Writes zeros from the start of an empty file.
  static void fillWithZeros(LogFile file, int bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(Math.min(bytes, ZEROS_BYTES));
    for (long at = 0; at < bytes; at += zeros.capacity()) {
      zeros.clear().limit((int) Math.min(zeros.capacity(), bytes - at));
      file.writeFully(zeros, at);
    }
  }

  private static Outcome await(@Nullable CompletableFuture<Outcome> running) throws IOException {
    if (running == null) {
      throw new InvariantViolation("no segment is being prepared");
    }
    try {
      return running.join();
    } catch (CompletionException e) {
      throw new IOException("no segment could be prepared", e.getCause());
    }
  }
}
