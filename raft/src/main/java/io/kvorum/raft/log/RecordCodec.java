package io.kvorum.raft.log;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.nio.ByteBuffer;
import java.util.Collection;

/// Writes records (W3); laid out in decision 4. [RecordReader] reads them back.
final class RecordCodec {
  static final int HEAD_BYTES = 8;
  static final int HARD_STATE = 1;
  static final int ENTRY = 2;
  static final int MARKER = 3;
  static final int CLEAN_CLOSE = 4;

  static final int HARD_STATE_BYTES = 24;
  static final int ENTRY_ID_BYTES = 16;

  private RecordCodec() {}

  static void putHardState(ByteBuffer target, HardState state) {
    putHead(target, HARD_STATE, state.ballot().vote().isPresent() ? 1 : 0, HARD_STATE_BYTES);
    target.putLong(state.ballot().term());
    target.putLong(state.ballot().vote().map(MemberId::value).orElse(0L));
    target.putLong(state.commitIndex());
  }

  static int hardStateBytes() {
    return HEAD_BYTES + HARD_STATE_BYTES;
  }

  /// The only place where an entry's payload is copied on its way to the disk.
  static void putEntry(ByteBuffer target, Entry entry) {
    ByteString payload = entry.payload();
    putHead(target, ENTRY, entry.kind().code(), ENTRY_ID_BYTES + payload.size());
    putId(target, entry.id());
    payload.copyTo(target);
  }

  static long entryBytes(Entry entry) {
    return HEAD_BYTES + ENTRY_ID_BYTES + (long) entry.payload().size();
  }

  static void putMarker(ByteBuffer target, SnapshotMarker marker, LogRecord.MarkerMode mode) {
    Configuration configuration = marker.configuration();
    putHead(target, MARKER, mode.code(), ENTRY_ID_BYTES + configurationBytes(configuration));
    putId(target, marker.id());
    target.put((byte) (configuration.autoLeave() ? 1 : 0));
    putMembers(target, configuration.voters());
    putMembers(target, configuration.outgoing());
    putMembers(target, configuration.learners());
    putMembers(target, configuration.learnersNext());
  }

  static int markerBytes(SnapshotMarker marker) {
    return HEAD_BYTES + ENTRY_ID_BYTES + configurationBytes(marker.configuration());
  }

  static void putCleanClose(ByteBuffer target) {
    putHead(target, CLEAN_CLOSE, 0, 0);
  }

  private static int configurationBytes(Configuration configuration) {
    int members =
        configuration.voters().size()
            + configuration.outgoing().size()
            + configuration.learners().size()
            + configuration.learnersNext().size();
    return 1 + 4 * Integer.BYTES + members * Long.BYTES;
  }

  private static void putHead(ByteBuffer target, int kind, int detail, int bodyBytes) {
    target.put((byte) kind).put((byte) detail).putShort((short) 0).putInt(bodyBytes);
  }

  private static void putId(ByteBuffer target, EntryId id) {
    target.putLong(id.term()).putLong(id.index());
  }

  private static void putMembers(ByteBuffer target, Collection<MemberId> members) {
    target.putInt(members.size());
    for (MemberId member : members) {
      target.putLong(member.value());
    }
  }
}
