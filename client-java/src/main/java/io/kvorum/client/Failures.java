package io.kvorum.client;

import io.grpc.Status;
import io.kvorum.client.ClientException.Outcome;

/// The one place that draws conclusions from a status: was the call carried out, is it worth
/// another attempt, is the member to be left. Texts are those of the etcd API; where a text is not
/// known to exclude an effect, the outcome is unknown.
final class Failures {
  private static final String NO_LEADER = "etcdserver: no leader";
  private static final String TOO_MANY_REQUESTS = "etcdserver: too many requests";
  private static final String LEARNER = "etcdserver: rpc not supported for learner";

  private Failures() {}

  /// What a write whose request left this process did.
  static Outcome ofSentWrite(Status status) {
    String text = text(status);
    return switch (status.getCode()) {
      case INVALID_ARGUMENT,
          NOT_FOUND,
          ALREADY_EXISTS,
          PERMISSION_DENIED,
          UNAUTHENTICATED,
          FAILED_PRECONDITION,
          OUT_OF_RANGE,
          UNIMPLEMENTED ->
          Outcome.NOT_DONE;
      case DATA_LOSS ->
          text.equals("etcdserver: corrupt cluster") ? Outcome.NOT_DONE : Outcome.UNKNOWN;
      case UNAVAILABLE -> ofUnavailability(text);
      case RESOURCE_EXHAUSTED -> ofExhaustion(text);
      case OK, CANCELLED, UNKNOWN, DEADLINE_EXCEEDED, ABORTED, INTERNAL -> Outcome.UNKNOWN;
    };
  }

  private static Outcome ofUnavailability(String text) {
    if (text.equals(NO_LEADER)) {
      return Outcome.NOT_DONE;
    }
    return text.startsWith("kvorum: the request took effect") ? Outcome.DONE : Outcome.UNKNOWN;
  }

  /// Like [#ofSentWrite] for a write whose answer holds pairs: a server may lack the memory to read
  /// them when the write is done.
  static Outcome ofSentWriteThenRead(Status status) {
    return text(status).equals(TOO_MANY_REQUESTS) ? Outcome.UNKNOWN : ofSentWrite(status);
  }

  private static Outcome ofExhaustion(String text) {
    if (text.startsWith("etcdserver: ") || text.startsWith("grpc: received message larger")) {
      return Outcome.NOT_DONE; // refused: no space, too many requests, request too large
    }
    if (text.startsWith("gRPC message exceeds maximum size")
        || text.contains("trying to send message larger")
        || text.startsWith("kvorum: answer of ")) {
      return Outcome.DONE; // there is an answer, too large for one side
    }
    return Outcome.UNKNOWN;
  }

  /// Whether the same call may succeed at another member or a little later.
  static boolean isTransient(Status status) {
    return status.getCode() == Status.Code.UNAVAILABLE
        || text(status).equals(TOO_MANY_REQUESTS)
        || text(status).equals(LEARNER);
  }

  /// Whether to turn to another member from now on.
  static boolean isOfMember(Status status) {
    return switch (status.getCode()) {
      case UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL -> true;
      default -> text(status).equals(LEARNER);
    };
  }

  /// Whether a stream that ended so would end so again wherever it is opened.
  static boolean endsStreams(Status status) {
    return switch (status.getCode()) {
      case INVALID_ARGUMENT,
          UNAUTHENTICATED,
          PERMISSION_DENIED,
          UNIMPLEMENTED,
          RESOURCE_EXHAUSTED ->
          !isTransient(status);
      default -> false;
    };
  }

  private static String text(Status status) {
    String text = status.getDescription();
    return text == null ? "" : text;
  }
}
