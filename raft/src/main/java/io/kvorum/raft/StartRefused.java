package io.kvorum.raft;

/// What was found on the disk contradicts itself, so that the member would have to guess what it
/// once promised. It must not start; the way out is an operator's (raft.md RC2, RC3).
public final class StartRefused extends RuntimeException {
  public StartRefused(String message) {
    super(message);
  }

  public StartRefused(String message, Throwable cause) {
    super(message, cause);
  }
}
