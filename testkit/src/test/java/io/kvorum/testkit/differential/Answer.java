package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.grpc.Status;
import java.util.Optional;

/// What a server answered to one command.
sealed interface Answer {

  /// A response message.
  record Replied(Message message) implements Answer {}

  /// An error status with its text.
  record Failed(Status.Code code, String text) implements Answer {}

  /// Nothing was to be answered, and nothing was waited for.
  record Silent() implements Answer {}

  static Answer failed(Throwable cause) {
    Status status = Status.fromThrowable(cause);
    return new Failed(
        status.getCode(), Optional.ofNullable(status.getDescription()).orElse(cause.toString()));
  }

  /// The answer as one line of a failure report.
  default String line() {
    return switch (this) {
      case Replied(var message) ->
          message.getDescriptorForType().getName()
              + " { "
              + shortened(TextFormat.printer().emittingSingleLine(true).printToString(message))
              + " }";
      case Failed(var code, var text) -> code + " `" + text + "`";
      case Silent _ -> "(no answer)";
    };
  }

  static String shortened(String text) {
    int limit = 2_000;
    return text.length() <= limit
        ? text
        : text.substring(0, limit) + "... (" + text.length() + " characters)";
  }
}
