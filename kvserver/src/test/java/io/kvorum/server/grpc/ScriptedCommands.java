package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// A log that notes what is proposed and gives each command the outcome the test has set.
final class ScriptedCommands implements Commands {
  private final List<LogCommand> proposed = new CopyOnWriteArrayList<>();
  private volatile Consumer<Proposals.Callback> outcome =
      callback -> callback.failed(new ProposalFailure.TooManyRequests());

  @Override
  public void submit(LogCommand.Builder command, Executor loop, Proposals.Callback callback) {
    proposed.add(command.build());
    Consumer<Proposals.Callback> answer = outcome;
    loop.execute(() -> answer.accept(callback));
  }

  List<LogCommand> proposed() {
    return proposed;
  }

  void apply(MessageLite response, long revision) {
    outcome = callback -> callback.applied(new ApplyResult.Applied(response, revision));
  }

  /// What is still to be read into the response is `late`.
  void apply(MessageLite response, long revision, List<ApplyResult.LateRead> late) {
    outcome = callback -> callback.applied(new ApplyResult.Applied(response, revision, late));
  }

  void reject(Rejection rejection) {
    outcome = callback -> callback.applied(new ApplyResult.Rejected(rejection));
  }

  void fail(ProposalFailure failure) {
    outcome = callback -> callback.failed(failure);
  }
}
