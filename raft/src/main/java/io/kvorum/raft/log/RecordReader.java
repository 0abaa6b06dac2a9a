package io.kvorum.raft.log;

import io.kvorum.raft.Ballot;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.HardState;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;

/// Walks the records of one verified frame. Their checksum was right, so a record that cannot be
/// understood was written by a later version or by a broken program; either is refused, never
/// skipped.
final class RecordReader {
  private final String where;
  private final ByteBuffer records;

  /// Reads what remains in `records`; `where` names the place in messages.
  RecordReader(ByteBuffer records, String where) {
    this.records = records;
    this.where = where;
  }

  boolean hasNext() {
    return records.hasRemaining();
  }

  LogRecord next() throws UnusableLogException {
    try {
      int kind = records.get();
      int detail = records.get();
      int zero = records.getShort();
      int bodyBytes = records.getInt();
      if (zero != 0 || bodyBytes < 0 || bodyBytes > records.remaining()) {
        throw malformed(kind);
      }
      ByteBuffer body = records.slice(records.position(), bodyBytes);
      records.position(records.position() + bodyBytes);
      LogRecord decoded = decode(kind, detail, body);
      if (body.hasRemaining()) {
        throw malformed(kind);
      }
      return decoded;
    } catch (BufferUnderflowException e) {
      throw new UnusableLogException(
          UnusableLogException.Reason.CORRUPT, where + ": a record ends too early", e);
    }
  }

  private LogRecord decode(int kind, int detail, ByteBuffer body) throws UnusableLogException {
    return switch (kind) {
      case RecordCodec.HARD_STATE -> hardState(detail, body);
      case RecordCodec.ENTRY -> entry(detail, body);
      case RecordCodec.MARKER ->
          new LogRecord.Marker(new SnapshotMarker(id(body), configuration(body)), mode(detail));
      case RecordCodec.CLEAN_CLOSE -> new LogRecord.CleanClose();
      default -> throw unknown("record kind " + kind);
    };
  }

  private LogRecord hardState(int detail, ByteBuffer body) throws UnusableLogException {
    long term = body.getLong();
    MemberId vote = new MemberId(body.getLong());
    long commitIndex = body.getLong();
    if (detail > 1) {
      throw unknown("hard state " + detail);
    }
    Optional<MemberId> cast = detail == 1 ? Optional.of(vote) : Optional.empty();
    return new LogRecord.State(new HardState(new Ballot(term, cast), commitIndex));
  }

  private LogRecord entry(int detail, ByteBuffer body) throws UnusableLogException {
    if (!EntryKind.isCode(detail)) {
      throw unknown("entry kind " + detail);
    }
    EntryId id = id(body);
    ByteBuffer payload = body.slice();
    body.position(body.limit());
    return new LogRecord.EntryAt(id, EntryKind.ofCode(detail), payload);
  }

  private LogRecord.MarkerMode mode(int detail) throws UnusableLogException {
    return switch (detail) {
      case 1 -> LogRecord.MarkerMode.KEPT;
      case 2 -> LogRecord.MarkerMode.REPLACED;
      default -> throw unknown("marker " + detail);
    };
  }

  private static EntryId id(ByteBuffer body) {
    return new EntryId(body.getLong(), body.getLong());
  }

  private static Configuration configuration(ByteBuffer body) {
    boolean autoLeave = body.get() == 1;
    return new Configuration(members(body), members(body), members(body), members(body), autoLeave);
  }

  private static NavigableSet<MemberId> members(ByteBuffer body) {
    NavigableSet<MemberId> members = new TreeSet<>();
    int count = body.getInt();
    for (int i = 0; i < count; i++) {
      members.add(new MemberId(body.getLong()));
    }
    return members;
  }

  private UnusableLogException malformed(int kind) {
    return UnusableLogException.corrupt(where, "a record of kind " + kind + " has a wrong length");
  }

  private UnusableLogException unknown(String what) {
    return new UnusableLogException(
        UnusableLogException.Reason.NEWER_FORMAT, where + ": " + what + " is not known");
  }
}
