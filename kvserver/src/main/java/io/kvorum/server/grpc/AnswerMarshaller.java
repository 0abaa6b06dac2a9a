package io.kvorum.server.grpc;

import io.grpc.MethodDescriptor;
import java.io.InputStream;

/// Writes answers in either form; the bytes are those of the message type.
record AnswerMarshaller<M>(MethodDescriptor.Marshaller<M> messages)
    implements MethodDescriptor.Marshaller<Answer<M>> {

  @Override
  public InputStream stream(Answer<M> answer) {
    return switch (answer) {
      case Answer.Whole<M>(var message) -> messages.stream(message);
      case Answer.Large<M>(var bytes) -> bytes;
    };
  }

  @Override
  public Answer<M> parse(InputStream stream) {
    return new Answer.Whole<>(messages.parse(stream));
  }
}
