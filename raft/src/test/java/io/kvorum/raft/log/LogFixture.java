package io.kvorum.raft.log;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Persist;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Values and small steps that the tests of the log share.
final class LogFixture {
  static final MemberId MEMBER_7 = new MemberId(0x7777);
  static final MemberId MEMBER_9 = new MemberId(0x9999);
  static final LogIdentity IDENTITY =
      new LogIdentity(0xc1c2c3c4c5c6c7c8L, MEMBER_7, new UUID(0x1122334455667788L, 0x99aabbccL));

  /// Small segments, prepared on the calling thread, so that every step is in a known order.
  static final LogOptions OPTIONS =
      LogOptions.defaults(() -> 0).withSegmentBytes(8192).withBackground(Runnable::run);

  static final Configuration CONFIGURATION = Configuration.ofVoters(List.of(MEMBER_7));
  static final SnapshotMarker FOUNDING = new SnapshotMarker(new EntryId(1, 1), CONFIGURATION);

  private LogFixture() {}

  static Entry entry(long term, long index, String payload) {
    return new Entry(new EntryId(term, index), EntryKind.NORMAL, ByteString.copyFromUtf8(payload));
  }

  /// Entries `[first, first + count)` of one term with payloads that tell them apart.
  static List<Entry> entries(long term, long first, int count, int payloadBytes) {
    List<Entry> entries = new ArrayList<>();
    for (long index = first; index < first + count; index++) {
      String text = term + "/" + index + ":" + "x".repeat(payloadBytes);
      entries.add(entry(term, index, text.substring(0, Math.max(payloadBytes, 8))));
    }
    return entries;
  }

  static HardState hardState(long term, long commitIndex) {
    return new HardState(new Ballot(term, Optional.of(MEMBER_7)), commitIndex);
  }

  static Persist write(HardState state, List<Entry> entries) {
    return new Persist(1, Optional.of(state), entries, Optional.empty());
  }

  static Persist write(HardState state) {
    return write(state, List.of());
  }

  static Persist write(List<Entry> entries) {
    return new Persist(1, Optional.empty(), entries, Optional.empty());
  }

  static Persist mark(long term, long index) {
    return new Persist(
        1,
        Optional.empty(),
        List.of(),
        Optional.of(new SnapshotMarker(new EntryId(term, index), CONFIGURATION)));
  }

  static FaultyFiles founded() throws IOException {
    FaultyFiles files = new FaultyFiles();
    SegmentedLog.create(files, IDENTITY, OPTIONS, FOUNDING);
    return files;
  }

  static Recovery open(LogFiles files) throws IOException {
    return open(files, 1);
  }

  static Recovery open(LogFiles files, long storeAppliedIndex) throws IOException {
    return SegmentedLog.open(files, IDENTITY, OPTIONS, storeAppliedIndex);
  }

  static void append(SegmentedLog log, Persist... commands) throws IOException {
    log.append(List.of(commands));
  }

  /// Where the frames of a segment begin, and last where they end.
  static List<Integer> frameOffsets(LogFiles files, long segment) throws IOException {
    List<Integer> offsets = new ArrayList<>(List.of(SegmentHeader.BYTES));
    try (SegmentReader reader = SegmentReader.open(files, segment)) {
      while (reader.at(offsets.getLast()) instanceof SegmentReader.Found.Frame frame) {
        offsets.add((int) frame.end());
      }
    }
    return offsets;
  }

  /// Every entry that can be read.
  static List<Entry> everything(Recovery recovery) throws IOException {
    RecoveredLog said = recovery.recovered();
    return recovery.log().read(said.firstIndex(), said.lastIndex() + 1, Long.MAX_VALUE);
  }
}
