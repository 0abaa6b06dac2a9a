package io.kvorum.client;

import io.grpc.Status;

/// Why a call failed, and what that says about its effect.
public class ClientException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// What is known about the effect of a failed call.
  public enum Outcome {
    /// It took effect; only its answer could not be had.
    DONE,
    /// It had no effect and never will: it may be made again. A failed read is always this.
    NOT_DONE,
    /// It may have taken effect, or may yet: make it again only if twice is as good as once.
    UNKNOWN
  }

  private final Outcome outcome;
  private final Status.Code code;

  ClientException(Outcome outcome, Status status) {
    super(message(status), status.getCause());
    this.outcome = outcome;
    this.code = status.getCode();
  }

  private static String message(Status status) {
    String text = status.getDescription();
    return text == null ? status.getCode().toString() : text;
  }

  public Outcome outcome() {
    return outcome;
  }

  /// The gRPC code; [#getMessage] has the server's text.
  public Status.Code code() {
    return code;
  }
}
