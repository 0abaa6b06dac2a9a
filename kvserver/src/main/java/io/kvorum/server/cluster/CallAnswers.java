package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.cluster.CallFailure.Refusal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;

/// Answers what other members ask, some of it only as the leader.
public final class CallAnswers implements PeerHandler {
  private final ProvenLessor leases;
  private final LeaderChanges changes;
  private final OwnFacts facts;

  public CallAnswers(ProvenLessor leases, LeaderChanges changes, OwnFacts facts) {
    this.leases = leases;
    this.changes = changes;
    this.facts = facts;
  }

  /// What the member says about itself, whoever leads.
  public interface OwnFacts {
    /// The hash of its keys, soon, by any thread; 0 is the newest revision. Fails if that is too
    /// much at the moment, or the member stops.
    CompletableFuture<PeerAnswer.Hash> hash(long revision);

    PeerAnswer.Version version();
  }

  @Override
  public void keepAlive(LeaseId lease, Executor replies, Reply<PeerAnswer.KeepAlive> reply) {
    leases.keepAlive(
        lease,
        replies,
        replying(
            reply,
            answer ->
                switch (answer) {
                  case Lessor.KeepAlive.Renewed(var ttlSeconds, _) ->
                      new PeerAnswer.Renewed(ttlSeconds);
                  case Lessor.KeepAlive.Gone _ -> new PeerAnswer.Gone();
                }));
  }

  /// Without the keys, of which there may be any number: whoever asks has them too.
  @Override
  public void timeToLive(LeaseId lease, Executor replies, Reply<PeerAnswer.TimeToLive> reply) {
    leases.timeToLive(
        lease,
        Lessor.Keys.LEFT_OUT,
        replies,
        replying(
            reply,
            answer ->
                switch (answer) {
                  case Lessor.TimeToLive.Alive(var remaining, var granted, _, _) ->
                      new PeerAnswer.Alive(remaining, granted);
                  case Lessor.TimeToLive.Absent _ -> new PeerAnswer.Absent();
                }));
  }

  @Override
  public void change(ByteString command, Executor replies, Reply<PeerAnswer.Change> reply) {
    changes.propose(command, replies, reply);
  }

  @Override
  public void hash(long revision, Executor replies, Reply<PeerAnswer.Hash> reply) {
    var _ =
        facts
            .hash(revision)
            .whenComplete(
                (answer, failure) ->
                    replies.execute(
                        () -> {
                          if (failure == null) {
                            reply.answer(answer);
                          } else {
                            reply.refuse(Refusal.OVERLOADED);
                          }
                        }));
  }

  @Override
  public void version(Executor replies, Reply<PeerAnswer.Version> reply) {
    replies.execute(() -> reply.answer(facts.version()));
  }

  private static <T, A extends PeerAnswer> Lessor.Callback<T> replying(
      Reply<A> reply, Function<T, A> answerOf) {
    return new Lessor.Callback<>() {
      @Override
      public void answered(T answer) {
        reply.answer(answerOf.apply(answer));
      }

      @Override
      public void failed(LeaseFailure failure) {
        reply.refuse(
            switch (failure) {
              case NOT_PRIMARY, NO_LEADER, LEADER_CHANGED -> Refusal.NOT_LEADER;
              case TIMED_OUT -> Refusal.TIMED_OUT;
              case TOO_MANY_REQUESTS -> Refusal.OVERLOADED;
              case STOPPED -> Refusal.STOPPED;
            });
      }
    };
  }
}
