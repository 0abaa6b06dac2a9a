package io.kvorum.server.apply;

import io.kvorum.lease.LeaseCheckpoint;
import io.kvorum.proto.command.Checkpoint;
import io.kvorum.proto.command.LeaseCheckpoints;
import io.kvorum.proto.command.LogCommand;
import java.util.List;

/// Turns notes of time left, and clears of them, into one command. A clear is a note without time.
final class LeaseNotes {
  private LeaseNotes() {}

  static LogCommand.Builder command(LeaseTenure tenure, List<LeaseCheckpoint> notes) {
    LeaseCheckpoints.Builder checkpoints = LeaseCheckpoints.newBuilder().setTerm(tenure.term());
    for (LeaseCheckpoint note : notes) {
      checkpoints.addCheckpoints(
          Checkpoint.newBuilder()
              .setId(note.lease().value())
              .setGeneration(note.generation().grantIndex())
              .setRemainingMillis(note.remainingMillis()));
    }
    return LogCommand.newBuilder().setLeaseCheckpoints(checkpoints);
  }
}
