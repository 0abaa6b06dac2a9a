package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.kvorum.mvcc.KeyValue;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.server.command.ApiPairs;
import java.io.IOException;
import java.util.List;
import java.util.function.Supplier;

/// A piece of a large answer, whose length is known before its bytes exist.
sealed interface AnswerPart {
  long sizeBytes();

  void writeTo(CodedOutputStream out) throws IOException;

  /// Bytes made beforehand: headers, counts, the frame around nested answers.
  record Fixed(ByteString bytes) implements AnswerPart {
    @Override
    public long sizeBytes() {
      return bytes.size();
    }

    @Override
    public void writeTo(CodedOutputStream out) throws IOException {
      out.writeRawBytes(bytes);
    }
  }

  /// The pairs of one `RangeResponse`.
  ///
  /// @param nextPairs the next few, empty at the end
  record Pairs(long sizeBytes, Supplier<List<KeyValue>> nextPairs) implements AnswerPart {
    @Override
    public void writeTo(CodedOutputStream out) throws IOException {
      List<KeyValue> pairs = nextPairs.get();
      while (!pairs.isEmpty()) {
        for (KeyValue pair : pairs) {
          out.writeMessage(RangeResponse.KVS_FIELD_NUMBER, ApiPairs.of(pair));
        }
        pairs = nextPairs.get();
      }
    }
  }
}
