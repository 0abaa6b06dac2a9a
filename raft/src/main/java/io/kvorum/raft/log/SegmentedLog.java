package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import io.kvorum.invariant.OwnerThread;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.LogFiles.AutoCloseableLock;
import io.kvorum.raft.log.LogRecord.MarkerMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Raft log in segment files: checksummed batches, one write and one sync for all commands that
/// wait (W1-W14). The format is decision 4.
///
/// Owned by the thread `log`; [#read] and [#space] may be called by any thread. One call of
/// [#append] is durable as a whole or, after a crash in the middle, a prefix of its commands is; a
/// single command is there entirely or not at all (W4).
public final class SegmentedLog implements LogStore {
  private static final Logger LOG = LoggerFactory.getLogger(SegmentedLog.class);

  /// Commands share a frame up to this size: a frame has to be read whole to be verified.
  private static final long SHARED_FRAME_BYTES = 1 << 20;

  private static final long SLOW_SYNC_NANOS = 500_000_000L; // W14

  private final OwnerThread owner = new OwnerThread("SegmentedLog");
  private final LogFiles files;
  private final LogOptions options;
  private final AutoCloseableLock lock;
  private final SegmentSupply supply;
  private final FrameBuffer buffer = new FrameBuffer();
  private final Deque<SegmentHeader> segments = new ArrayDeque<>();
  private final LogContents contents;
  private final EntryIndex index;
  private ActiveSegment active;
  private Ballot syncedBallot;

  /// Whether the last frame is a close frame already: nothing was appended since.
  private boolean isMarkedClosed;

  private @Nullable Throwable poison;

  private SegmentedLog(
      LogFiles files, LogOptions options, AutoCloseableLock lock, LogRecovery.Recovered recovered)
      throws IOException {
    LogScan scan = recovered.scan();
    this.files = files;
    this.options = options;
    this.lock = lock;
    this.supply = new SegmentSupply(files, options);
    this.segments.addAll(recovered.headers());
    this.contents = scan.contents();
    this.index = scan.index();
    this.syncedBallot = contents.hardState().ballot();
    this.isMarkedClosed = scan.isClosed();
    SegmentHeader last = scan.lastHeader();
    LogFile file = files.open(SegmentName.of(last.number()));
    this.active = ActiveSegment.resume(file, last, buffer, scan.end());
    index.publish(contents.firstIndex(), contents.last().index());
  }

  /// Makes a new log that begins after `founding` (M14): the configuration and the empty state
  /// every founder starts from. Durable on return; [#open] it afterwards.
  ///
  /// @throws UnusableLogException if there is a log already
  public static void create(
      LogFiles files, LogIdentity identity, LogOptions options, SnapshotMarker founding)
      throws IOException {
    try (AutoCloseableLock _ = files.lock(SegmentName.LOCK)) {
      LogFoundation.lay(files, identity, options, founding);
    }
  }

  /// Recovers an existing log and takes it until [#close]. On return everything it says is durable,
  /// and so is the epoch of this boot (RC7).
  ///
  /// @param storeAppliedIndex what the state store has applied, durably
  /// @throws UnusableLogException if the log must not be used; its files are as they were
  public static Recovery open(
      LogFiles files, LogIdentity identity, LogOptions options, long storeAppliedIndex)
      throws IOException {
    AutoCloseableLock lock = files.lock(SegmentName.LOCK);
    try {
      LogRecovery.Recovered recovered =
          new LogRecovery(files, identity, options).run(storeAppliedIndex);
      long bootEpoch = new BootEpoch(files, identity.logId()).advance();
      SegmentedLog log = new SegmentedLog(files, options, lock, recovered);
      TermRuns terms = log.contents.terms();
      RecoveredLog said =
          new RecoveredLog(
              recovered.hardState(),
              recovered.marker(),
              terms.previous(),
              terms.last(),
              terms.runs(),
              log.contents.configurationUpTo(recovered.hardState().commitIndex()),
              bootEpoch);
      return new Recovery(log, said);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  @Override
  public void append(List<Persist> commands) throws IOException {
    enter();
    try {
      supply.checkHealthy();
      int next = 0;
      while (next < commands.size()) {
        int end = endOfFrame(commands, next);
        putFrame(commands.subList(next, end));
        next = end;
      }
      write(active);
      if (needsSync(commands)) {
        sync();
        syncedBallot = contents.hardState().ballot();
        index.publish(contents.firstIndex(), contents.last().index());
      }
      if (active.end().offset() > active.header().capacity() / 4) {
        supply.prepare();
      }
    } catch (IOException | RuntimeException e) {
      poison = e;
      throw e;
    }
  }

  @Override
  public List<Entry> read(long fromIndex, long toIndexExclusive, long maxBytes) throws IOException {
    return new EntryReader(files, index.view()).read(fromIndex, toIndexExclusive, maxBytes);
  }

  @Override
  public void dropPrefix(long upToIndex) throws IOException {
    enter();
    SnapshotMarker marker = contents.marker();
    long limit = marker == null ? 0 : Math.min(upToIndex, marker.id().index());
    try {
      if (active.isUnsynced()) {
        write(active);
        sync(); // the marker counts only once it is durable
      }
      while (segments.size() > 1 && second().previous().index() <= limit) {
        dropFirstSegment();
      }
    } catch (IOException | RuntimeException e) {
      poison = e;
      throw e;
    }
  }

  /// How much room the disk leaves this log. Any thread.
  public LogSpace space() throws IOException {
    return supply.space();
  }

  /// Marks the end as intended and makes it durable (W13), unless the log is poisoned: then the
  /// disk is left as the failure left it.
  @Override
  public void close() throws IOException {
    owner.check();
    try (lock;
        ActiveSegment closing = active) {
      supply.close();
      if (poison == null) {
        poison = new IllegalStateException("the log is closed");
        if (closing.isUnsynced()) {
          sync();
        }
        if (!isMarkedClosed) {
          putCleanClose(closing);
        }
      }
    }
  }

  private void putCleanClose(ActiveSegment closing) throws IOException {
    if (!closing.hasRoomFor(FrameLayout.frameBytes(RecordCodec.HEAD_BYTES))) {
      return; // everything is synced, and the next opening will only find one more frame to rewrite
    }
    RecordCodec.putCleanClose(closing.startFrame(RecordCodec.HEAD_BYTES));
    closing.finishFrame();
    write(closing);
    sync();
  }

  /// How many commands from `start` on go into one frame: as many as fit, but a truncation and a
  /// marker begin one.
  private int endOfFrame(List<Persist> commands, int start) {
    long last = contents.last().index();
    long bytes = 0;
    int end = start;
    while (end < commands.size()) {
      Persist command = commands.get(end);
      bytes += recordBytes(command);
      if (end > start && (bytes > SHARED_FRAME_BYTES || startsAFrame(command, last))) {
        break;
      }
      if (!command.entries().isEmpty()) {
        last = command.entries().getLast().index();
      }
      end++;
    }
    return end;
  }

  private static boolean startsAFrame(Persist command, long lastIndex) {
    return command.snapshot().isPresent()
        || (!command.entries().isEmpty() && command.entries().getFirst().index() <= lastIndex);
  }

  private static long recordBytes(Persist command) {
    long bytes = command.snapshot().map(RecordCodec::markerBytes).orElse(0);
    for (Entry entry : command.entries()) {
      bytes += RecordCodec.entryBytes(entry);
    }
    return bytes + (command.hardState().isPresent() ? RecordCodec.hardStateBytes() : 0);
  }

  private void putFrame(List<Persist> commands) throws IOException {
    long recordBytes = 0;
    Optional<HardState> state = Optional.empty();
    for (Persist command : commands) {
      recordBytes += recordBytes(command);
      if (command.hardState().isPresent()) {
        recordBytes -= state.isPresent() ? RecordCodec.hardStateBytes() : 0;
        state = command.hardState();
      }
    }
    if (recordBytes == 0) {
      return;
    }
    if (!active.hasRoomFor(FrameLayout.frameBytes(recordBytes))) {
      cut(FrameLayout.frameBytes(recordBytes));
    }
    ByteBuffer records = active.startFrame(Math.toIntExact(recordBytes));
    long firstEntry = 0;
    for (Persist command : commands) {
      putMarkerAndEntries(records, command);
      take(command.hardState());
      if (firstEntry == 0 && !command.entries().isEmpty()) {
        firstEntry = command.entries().getFirst().index();
      }
    }
    state.ifPresent(newest -> RecordCodec.putHardState(records, newest));
    EntryIndex.FrameAt place = active.finishFrame();
    isMarkedClosed = false;
    if (firstEntry > 0) {
      index.note(place, firstEntry, contents.last().index());
    }
  }

  private void putMarkerAndEntries(ByteBuffer records, Persist command) {
    if (command.snapshot().isPresent()) {
      SnapshotMarker marker = command.snapshot().get();
      MarkerMode mode = contents.modeOf(marker);
      if (mode == MarkerMode.REPLACED) {
        index.clear();
      }
      requireLegal(contents.take(marker, mode));
      RecordCodec.putMarker(records, marker, mode);
    }
    for (Entry entry : command.entries()) {
      requireLegal(contents.take(entry.id(), entry.kind()));
      RecordCodec.putEntry(records, entry);
    }
  }

  private void take(Optional<HardState> state) {
    if (state.isPresent()) {
      requireLegal(contents.take(state.get()));
    }
  }

  private static void requireLegal(@Nullable String problem) {
    Invariant.check(problem == null, "illegal storage command: %s", problem);
  }

  private boolean needsSync(List<Persist> commands) {
    if (!contents.hardState().ballot().equals(syncedBallot)) {
      return true;
    }
    for (Persist command : commands) {
      if (!command.entries().isEmpty() || command.snapshot().isPresent()) {
        return true;
      }
    }
    return false;
  }

  private void write(ActiveSegment segment) throws IOException {
    long start = options.nanoClock().getAsLong();
    int bytes = segment.flush();
    if (bytes > 0) {
      options.listener().written(bytes, options.nanoClock().getAsLong() - start);
    }
  }

  private void sync() throws IOException {
    if (options.sync() == LogOptions.Sync.NEVER) {
      return;
    }
    long start = options.nanoClock().getAsLong();
    active.force();
    long nanos = options.nanoClock().getAsLong() - start;
    options.listener().synced(nanos);
    if (nanos > SLOW_SYNC_NANOS) {
      LOG.atWarn().addKeyValue("millis", nanos / 1_000_000).log("slow sync of the log");
    }
  }

  /// Goes over to a new segment, which begins with a synced frame of its own (decision 4, *Cut*).
  private void cut(long neededBytes) throws IOException {
    write(active);
    if (active.isUnsynced()) {
      sync();
    }
    long opening = FrameLayout.frameBytes(OpeningFrame.payloadBytes(contents));
    SegmentSupply.Blank blank = supply.take(SegmentHeader.BYTES + opening + neededBytes);
    LogScan.Position end = active.end();
    SegmentHeader header =
        new SegmentHeader(
            active.header().identity(),
            blank.capacity(),
            active.header().number() + 1,
            contents.last(),
            end.sequence(),
            end.sequence(),
            new SegmentHeader.Junction(Math.toIntExact(end.offset()), end.chain()));
    active.close();
    active = ActiveSegment.begin(blank.file(), header, buffer);
    OpeningFrame.put(active, contents);
    active.publish(files, SegmentSupply.NEXT);
    segments.addLast(header);
    syncedBallot = contents.hardState().ballot();
  }

  private SegmentHeader second() {
    var all = segments.iterator();
    all.next();
    return all.next();
  }

  /// One at a time, oldest first, each durably: a hole among the segments would be corruption.
  private void dropFirstSegment() throws IOException {
    EntryId before = second().previous();
    long number = segments.removeFirst().number();
    contents.dropThrough(before.index());
    index.dropSegmentsBelow(number + 1);
    index.publish(contents.firstIndex(), contents.last().index());
    files.delete(SegmentName.of(number));
    files.forceDirectory();
  }

  private void enter() throws IOException {
    owner.check();
    if (poison != null) {
      throw new IOException("the log is poisoned by an earlier failure", poison);
    }
  }
}
