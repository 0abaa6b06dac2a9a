package io.kvorum.server.read;

/// The linearizable reads of this member that wait for a confirmed index.
public final class LinearizableReads {
  private LinearizableReads() {}

  /// Receives the one outcome of waiting for a linearizable read, on the event loop that was named.
  public interface Callback {
    /// The newest published state of this member holds everything committed when the read arrived.
    void ready();

    /// The read must not run.
    void failed(ReadFailure failure);
  }
}
