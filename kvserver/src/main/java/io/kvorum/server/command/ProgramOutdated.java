package io.kvorum.server.command;

/// A newer program has left something that this one does not understand: a command in the log, a
/// record, a feature level. Going on without it would make members differ, so the member stops.
public final class ProgramOutdated extends RuntimeException {
  public ProgramOutdated(String message) {
    super(message);
  }
}
