package io.kvorum.mvcc.watch;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.KeyValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/// One change of a key, encoded once as the API's `mvccpb.Event` and shared by all its watchers.
///
/// The encoding comes in two pieces, because the previous pair is wanted by some watchers only:
///
/// ```
/// body      1: type (left out for PUT)   2: kv       a complete event without prev_kv
/// previous  3: prev_kv                                appended for watchers that ask; may be empty
/// ```
///
/// A DELETE's pair carries its key and mod revision and nothing else.
public record WatchEvent(ByteString key, Change.Kind kind, ByteString body, ByteString previous) {
  private static final int TYPE_FIELD = 1;
  private static final int PAIR_FIELD = 2;
  private static final int PREVIOUS_FIELD = 3;
  private static final int DELETE_TYPE = 1;

  private static final int KEY_FIELD = 1;
  private static final int CREATE_REVISION_FIELD = 2;
  private static final int MOD_REVISION_FIELD = 3;
  private static final int VERSION_FIELD = 4;
  private static final int VALUE_FIELD = 5;
  private static final int LEASE_FIELD = 6;

  static WatchEvent of(Change change) {
    ByteString key = change.keyValue().key();
    return new WatchEvent(key, change.kind(), body(change), previous(change.previous()));
  }

  /// Encoded size in bytes, with the previous pair if the watcher wants it.
  public int size(boolean withPrevious) {
    return body.size() + (withPrevious ? previous.size() : 0);
  }

  private static ByteString body(Change change) {
    KeyValue pair = change.keyValue();
    int pairSize = pairSize(pair);
    return switch (change.kind()) {
      case PUT -> encoded(messageSize(PAIR_FIELD, pairSize), out -> write(out, PAIR_FIELD, pair));
      case DELETE -> {
        int typeSize = CodedOutputStream.computeEnumSize(TYPE_FIELD, DELETE_TYPE);
        yield encoded(
            typeSize + messageSize(PAIR_FIELD, pairSize),
            out -> {
              out.writeEnum(TYPE_FIELD, DELETE_TYPE);
              write(out, PAIR_FIELD, pair);
            });
      }
    };
  }

  private static ByteString previous(Optional<KeyValue> previous) {
    return previous
        .map(
            pair ->
                encoded(
                    messageSize(PREVIOUS_FIELD, pairSize(pair)),
                    out -> write(out, PREVIOUS_FIELD, pair)))
        .orElse(ByteString.EMPTY);
  }

  private static int messageSize(int field, int size) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  private static int pairSize(KeyValue pair) {
    return sizeOf(KEY_FIELD, pair.key())
        + sizeOf(CREATE_REVISION_FIELD, pair.createRevision())
        + sizeOf(MOD_REVISION_FIELD, pair.modRevision())
        + sizeOf(VERSION_FIELD, pair.version())
        + sizeOf(VALUE_FIELD, pair.value())
        + sizeOf(LEASE_FIELD, pair.lease());
  }

  private static void write(CodedOutputStream out, int field, KeyValue pair) throws IOException {
    out.writeTag(field, 2);
    out.writeUInt32NoTag(pairSize(pair));
    writeField(out, KEY_FIELD, pair.key());
    writeField(out, CREATE_REVISION_FIELD, pair.createRevision());
    writeField(out, MOD_REVISION_FIELD, pair.modRevision());
    writeField(out, VERSION_FIELD, pair.version());
    writeField(out, VALUE_FIELD, pair.value());
    writeField(out, LEASE_FIELD, pair.lease());
  }

  private static int sizeOf(int field, long value) {
    return value == 0 ? 0 : CodedOutputStream.computeInt64Size(field, value);
  }

  private static int sizeOf(int field, ByteString value) {
    return value.isEmpty() ? 0 : CodedOutputStream.computeBytesSize(field, value);
  }

  private static void writeField(CodedOutputStream out, int field, long value) throws IOException {
    if (value != 0) {
      out.writeInt64(field, value);
    }
  }

  private static void writeField(CodedOutputStream out, int field, ByteString value)
      throws IOException {
    if (!value.isEmpty()) {
      out.writeBytes(field, value);
    }
  }

  private static ByteString encoded(int size, Encoding encoding) {
    byte[] bytes = new byte[size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      encoding.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to an array does no I/O", e);
    }
    out.checkNoSpaceLeft();
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  @FunctionalInterface
  private interface Encoding {
    void writeTo(CodedOutputStream out) throws IOException;
  }
}
