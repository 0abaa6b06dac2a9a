package io.kvorum.server.grpc;

import com.google.protobuf.CodedOutputStream;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.proto.etcd.RangeResponse;

/// How large pairs of the store get in an answer.
final class PairSizes {
  private static final int KEY = io.kvorum.proto.mvcc.KeyValue.KEY_FIELD_NUMBER;
  private static final int VALUE = io.kvorum.proto.mvcc.KeyValue.VALUE_FIELD_NUMBER;

  private PairSizes() {}

  /// Bytes that the pair takes in a `RangeResponse`, without building the message.
  static int inRangeResponse(KeyValue pair) {
    int size = 0;
    if (!pair.key().isEmpty()) {
      size += CodedOutputStream.computeBytesSize(KEY, pair.key());
    }
    size += sizeOf(pair.createRevision());
    size += sizeOf(pair.modRevision());
    size += sizeOf(pair.version());
    if (!pair.value().isEmpty()) {
      size += CodedOutputStream.computeBytesSize(VALUE, pair.value());
    }
    size += sizeOf(pair.lease());
    return CodedOutputStream.computeTagSize(RangeResponse.KVS_FIELD_NUMBER)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  /// All numbers of a pair have one-byte tags; zero is left out.
  private static int sizeOf(long number) {
    return number == 0 ? 0 : 1 + CodedOutputStream.computeInt64SizeNoTag(number);
  }
}
