package io.kvorum.testkit.bounds;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.WireFormat;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.mvcc.KeyValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// A client of `KV.Range` that checks one pair of [LargeValues] after the other and keeps none, so
/// that this process can take many large answers at once.
final class LargeRange {
  private static final int PAIR_TAG =
      (RangeResponse.KVS_FIELD_NUMBER << 3) | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private LargeRange() {}

  /// Reads `count` values from `first` on in one answer; returns how many came right.
  static int read(Channel channel, int first, int count) {
    MethodDescriptor<RangeRequest, RangeResponse> range = KVGrpc.getRangeMethod();
    MethodDescriptor<RangeRequest, Integer> method =
        range.toBuilder(range.getRequestMarshaller(), new RightPairs(first)).build();
    CallOptions options =
        CallOptions.DEFAULT.withMaxInboundMessageSize(2 * count * LargeValues.VALUE_BYTES);
    return ClientCalls.blockingUnaryCall(channel, method, options, LargeValues.range(first, count));
  }

  private record RightPairs(int first) implements MethodDescriptor.Marshaller<Integer> {
    @Override
    public InputStream stream(Integer value) {
      throw new UnsupportedOperationException("answers are only read");
    }

    @Override
    public Integer parse(InputStream stream) {
      try {
        CodedInputStream in = CodedInputStream.newInstance(stream);
        int right = 0;
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
          if (tag != PAIR_TAG) {
            in.skipField(tag);
          } else if (LargeValues.isPair(
              in.readMessage(KeyValue.parser(), ExtensionRegistryLite.getEmptyRegistry()),
              first + right)) {
            right++;
          }
        }
        return right;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
