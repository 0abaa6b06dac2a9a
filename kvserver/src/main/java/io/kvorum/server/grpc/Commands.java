package io.kvorum.server.grpc;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.server.propose.Proposals;
import java.util.concurrent.Executor;

/// Takes commands for the log: `Proposals` in a member, scripted in tests.
@FunctionalInterface
public interface Commands {
  /// Proposes the command; the callback hears of its one outcome on `loop`.
  void submit(LogCommand.Builder command, Executor loop, Proposals.Callback callback);
}
