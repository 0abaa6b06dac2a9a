package io.kvorum.server.cluster;

/// The bounds of calls between members.
///
/// @param openCalls questions of this member that wait for an answer; more are not sent
/// @param heldQuestions questions of others that wait to be answered here; more are refused
public record CallLimits(int openCalls, int heldQuestions) {
  /// As many as lease requests of clients may wait: some 10 MB.
  public static final CallLimits STANDARD = new CallLimits(64 << 10, 64 << 10);

  public CallLimits {
    if (openCalls < 1 || heldQuestions < 1) {
      throw new IllegalArgumentException("no call could ever be made");
    }
  }
}
