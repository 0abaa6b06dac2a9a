package io.kvorum.server.grpc;

import com.google.protobuf.MessageLite;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.AlarmRequest.AlarmAction;
import io.kvorum.proto.etcd.AlarmType;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.propose.ProposalFailure;
import io.kvorum.server.propose.Proposals;
import io.kvorum.server.transport.EventLoops;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// The way of every logged request: quota, proposal, answer with a header. Safe for any event loop.
public final class Writes {
  private final Commands commands;
  private final StorageQuota quota;
  private final ResponseHeaders headers;
  private final EventLoops loops;
  private final MemberId self;
  private final AtomicBoolean raisingAlarm = new AtomicBoolean();

  public Writes(
      Commands commands,
      StorageQuota quota,
      ResponseHeaders headers,
      EventLoops loops,
      MemberId self) {
    this.commands = commands;
    this.quota = quota;
    this.headers = headers;
    this.loops = loops;
    this.self = self;
  }

  /// Checks the quota, which etcd does before it looks at the request itself. If it is used up the
  /// call is answered, and the replicated alarm is raised that stops writes on all members.
  <A> boolean haveRoomFor(long costBytes, Reply<A> reply) {
    if (quota.hasRoomFor(costBytes)) {
      return true;
    }
    raiseNoSpaceAlarm();
    reply.fail(GrpcErrors.NO_SPACE);
    return false;
  }

  /// Proposes a command of this cost and answers the call with what `response` makes of the applied
  /// result and its header.
  <A> void propose(
      LogCommand.Builder command,
      long costBytes,
      Reply<A> reply,
      BiFunction<MessageLite, ResponseHeader, A> response) {
    proposeThen(
        command,
        costBytes,
        reply,
        (applied, header) -> reply.send(response.apply(applied.response(), header)));
  }

  /// Proposes a command of this cost; `answer` answers the call once it is applied.
  void proposeThen(
      LogCommand.Builder command,
      long costBytes,
      Reply<?> reply,
      BiConsumer<ApplyResult.Applied, ResponseHeader> answer) {
    quota.proposed(costBytes);
    submit(
        command,
        outcome -> {
          quota.answered(costBytes);
          switch (outcome) {
            case Outcome.Known(ApplyResult.Applied applied) ->
                answer.accept(applied, headers.at(applied.revision()));
            case Outcome.Known(ApplyResult.Rejected(var rejection)) ->
                reply.fail(GrpcErrors.statusOf(rejection));
            case Outcome.Unanswered(var failure) -> reply.fail(GrpcErrors.statusOf(failure));
          }
        });
  }

  /// Proposes a command; `then` hears of the outcome on this event loop.
  void submit(LogCommand.Builder command, Consumer<Outcome> then) {
    submit(command, loops.current(), then);
  }

  private void submit(LogCommand.Builder command, Executor loop, Consumer<Outcome> then) {
    commands.submit(
        command,
        loop,
        new Proposals.Callback() {
          @Override
          public void applied(ApplyResult result) {
            then.accept(new Outcome.Known(result));
          }

          @Override
          public void failed(ProposalFailure failure) {
            then.accept(new Outcome.Unanswered(failure));
          }
        });
  }

  /// One alarm proposal at a time is enough: refused writes keep coming while it is under way.
  private void raiseNoSpaceAlarm() {
    if (raisingAlarm.compareAndSet(false, true)) {
      AlarmRequest alarm =
          AlarmRequest.newBuilder()
              .setAction(AlarmAction.ACTIVATE)
              .setMemberID(self.value())
              .setAlarm(AlarmType.NOSPACE)
              .build();
      submit(LogCommand.newBuilder().setAlarm(alarm), _ -> raisingAlarm.set(false));
    }
  }

  /// What became of a proposal.
  sealed interface Outcome {
    record Known(ApplyResult result) implements Outcome {}

    record Unanswered(ProposalFailure failure) implements Outcome {}
  }
}
