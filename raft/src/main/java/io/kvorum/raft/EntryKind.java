package io.kvorum.raft;

import io.kvorum.invariant.InvariantViolation;

/// What the payload of a log entry is for.
public enum EntryKind {
  /// A command for the state machine; an empty payload is the first entry of a new leader.
  NORMAL(0),
  /// A membership change; an empty payload leaves the joint configuration.
  CONFIGURATION(1);

  private final int code;

  EntryKind(int code) {
    this.code = code;
  }

  /// The number that stands for this kind on disk and on the wire.
  public int code() {
    return code;
  }

  /// The kind with this code. Gateways check [#isCode] first: an unknown code here is a broken
  /// program, not a broken disk.
  public static EntryKind ofCode(int code) {
    return switch (code) {
      case 0 -> NORMAL;
      case 1 -> CONFIGURATION;
      default -> throw new InvariantViolation("no entry kind has the code " + code);
    };
  }

  public static boolean isCode(int code) {
    return code == NORMAL.code || code == CONFIGURATION.code;
  }
}
