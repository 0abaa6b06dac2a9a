package io.kvorum.raft.log;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.log.UnusableLogException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What happens between taking the lock and handing over (raft.md 3.4): leftovers go, the segments
/// are scanned and checked against the state store, an interrupted write is cut, and what may not
/// be on the disk is written again.
final class LogRecovery {
  private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);

  private final LogFiles files;
  private final LogIdentity identity;
  private final LogOptions options;

  LogRecovery(LogFiles files, LogIdentity identity, LogOptions options) {
    this.files = files;
    this.identity = identity;
    this.options = options;
  }

  /// A log that can be appended to.
  ///
  /// @param headers of all segments, first to last
  /// @param scan of exactly these segments
  /// @param marker what recovery hands to the core
  record Recovered(
      List<SegmentHeader> headers,
      LogScan scan,
      HardState hardState,
      Optional<SnapshotMarker> marker) {}

  Recovered run(long storeAppliedIndex) throws IOException {
    deleteTemporaryFiles();
    List<SegmentHeader> headers = readHeaders();
    LogScan scan = LogScan.all(files, headers);
    forgetUnknownTerm(scan.contents());
    HardState hardState = checked(scan.contents(), storeAppliedIndex);
    if (needsRewrite(scan)) {
      report(scan);
      if (scan.hasRemains()) {
        scan.copyRemains();
      }
      new TailRewrite(files, options, headers, scan).run();
      headers = readHeaders();
      scan = LogScan.all(files, headers);
      Invariant.check(!needsRewrite(scan), "a rewritten log needs a rewrite");
      forgetUnknownTerm(scan.contents());
      HardState again = checked(scan.contents(), storeAppliedIndex);
      Invariant.check(hardState.equals(again), "%s was rewritten as %s", hardState, again);
    }
    if (isUnsynced(scan)) {
      confirmClose(scan);
    }
    return new Recovered(
        headers, scan, hardState, usableMarker(scan.contents(), storeAppliedIndex));
  }

  private void deleteTemporaryFiles() throws IOException {
    for (String name : files.list()) {
      if (name.endsWith(SegmentName.TEMPORARY)) {
        files.delete(name);
      }
    }
  }

  private List<SegmentHeader> readHeaders() throws IOException {
    List<Long> numbers = segmentNumbers(files);
    if (numbers.isEmpty()) {
      throw new UnusableLogException(Reason.MISSING, "there is no log in the log directory");
    }
    List<SegmentHeader> headers = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      long number = numbers.get(i);
      if (number != numbers.getFirst() + i) {
        throw UnusableLogException.corrupt(
            SegmentName.of(numbers.getFirst() + i), "the segment is missing");
      }
      try (SegmentReader reader = SegmentReader.open(files, number)) {
        headers.add(reader.header());
      }
      requireIdentity(headers.getLast());
    }
    return headers;
  }

  static List<Long> segmentNumbers(LogFiles files) throws IOException {
    return files.list().stream()
        .map(SegmentName::number)
        .filter(java.util.OptionalLong::isPresent)
        .map(java.util.OptionalLong::getAsLong)
        .sorted()
        .toList();
  }

  private void requireIdentity(SegmentHeader header) throws UnusableLogException {
    if (!header.identity().equals(identity)) {
      throw new UnusableLogException(
          Reason.FOREIGN,
          "segment %s belongs to %s, this is %s"
              .formatted(SegmentName.of(header.number()), header.identity(), identity));
    }
  }

  private boolean needsRewrite(LogScan scan) {
    return scan.hasRemains() || (isUnsynced(scan) && !scan.isClosed());
  }

  private boolean isUnsynced(LogScan scan) {
    return options.sync() == LogOptions.Sync.ALWAYS
        && scan.firstUnsynced().sequence() != scan.end().sequence();
  }

  /// Writes the close frame again, which alone may be in the page cache only (W9). It stays where
  /// it is and the next frame follows it: a write over its bytes that is interrupted would leave a
  /// mixture, which looks like damage. The same bytes can only become themselves.
  private void confirmClose(LogScan scan) throws IOException {
    long from = scan.firstUnsynced().offset();
    ByteBuffer frame = ByteBuffer.allocate(Math.toIntExact(scan.end().offset() - from));
    try (LogFile segment = files.open(SegmentName.of(scan.lastHeader().number()))) {
      segment.readFully(frame, from);
      segment.writeFully(frame.flip(), from);
      segment.forceData();
    }
  }

  private static void report(LogScan scan) {
    if (scan.hasRemains()) {
      LOG.atWarn()
          .addKeyValue("segment", scan.lastHeader().number())
          .addKeyValue("offset", scan.end().offset())
          .addKeyValue("lastEntry", scan.contents().last())
          .log("cutting an interrupted write off the log");
    } else {
      LOG.atInfo()
          .addKeyValue("batches", scan.end().sequence() - scan.firstUnsynced().sequence())
          .addKeyValue("lastEntry", scan.contents().last())
          .log("rewriting the unsynced end of the log");
    }
  }

  /// The first entries of a purged log may have replaced entries of which only the index is known;
  /// then the first of them only serves as the id before the rest.
  private static void forgetUnknownTerm(LogContents contents) {
    EntryId previous = contents.terms().previous();
    if (previous.term() == 0 && previous.index() > 0) {
      contents.dropThrough(contents.firstIndex());
    }
  }

  /// RC2 to RC4, and that log and state store meet (S10). Returns the hard state with everything
  /// that is known to be committed.
  private static HardState checked(LogContents contents, long storeAppliedIndex)
      throws UnusableLogException {
    HardState stored = contents.hardState();
    EntryId last = contents.last();
    SnapshotMarker marker = contents.marker();
    long commitIndex = Math.max(stored.commitIndex(), contents.commitFloor());
    commitIndex = Math.max(commitIndex, storeAppliedIndex);
    commitIndex = Math.max(commitIndex, marker == null ? 0 : marker.id().index());
    if (commitIndex > last.index()) {
      throw new UnusableLogException(
          Reason.GAP,
          "entries up to %d are committed or applied, but the log ends at %s"
              .formatted(commitIndex, last));
    }
    if (stored.ballot().term() < last.term()) {
      throw UnusableLogException.corrupt(
          "hard state", "term %d is older than entry %s".formatted(stored.ballot().term(), last));
    }
    if (storeAppliedIndex < contents.firstIndex() - 1 && !isFounding(contents, storeAppliedIndex)) {
      throw new UnusableLogException(
          Reason.GAP,
          "the state store has applied %d, but the log starts at %d"
              .formatted(storeAppliedIndex, contents.firstIndex()));
    }
    return new HardState(stored.ballot(), commitIndex);
  }

  /// The founding marker is its own snapshot (M14): an empty state and its configuration.
  private static boolean isFounding(LogContents contents, long storeAppliedIndex) {
    return storeAppliedIndex == 0 && contents.terms().previous().equals(new EntryId(1, 1));
  }

  private static Optional<SnapshotMarker> usableMarker(LogContents contents, long appliedIndex) {
    return Optional.ofNullable(contents.marker())
        .filter(
            marker -> marker.id().index() <= appliedIndex || isFounding(contents, appliedIndex));
  }
}
