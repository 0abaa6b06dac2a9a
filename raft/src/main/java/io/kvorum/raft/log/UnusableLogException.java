package io.kvorum.raft.log;

import java.io.IOException;

/// The log on disk cannot be used as it is. Nothing was changed; an operator has to decide.
public final class UnusableLogException extends IOException {
  private final Reason reason;

  public UnusableLogException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public UnusableLogException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /// Bytes that were durable are damaged: replace the member.
  static UnusableLogException corrupt(String where, String what) {
    return new UnusableLogException(
        Reason.CORRUPT,
        "the log is damaged: %s: %s; remove this member and add it anew".formatted(where, what));
  }

  public Reason reason() {
    return reason;
  }

  /// Why the log is refused.
  public enum Reason {
    /// Another process, or another open log of this one, uses the directory.
    LOCKED,
    /// The directory holds no log.
    MISSING,
    /// A log is to be created where one exists already.
    EXISTS,
    /// It belongs to another cluster, member or store.
    FOREIGN,
    /// A later version of this program wrote it.
    NEWER_FORMAT,
    /// Bytes that had been made durable are damaged or gone.
    CORRUPT,
    /// Log and state store do not meet: entries between them, or committed entries, are gone.
    GAP
  }
}
