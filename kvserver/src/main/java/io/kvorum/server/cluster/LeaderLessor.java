package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.apply.AttachedKeys;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.cluster.LeaderRequests.Attempt;
import io.kvorum.server.cluster.LeaderRequests.Route;
import io.kvorum.server.read.LinearizableReads;
import io.kvorum.server.read.ReadFailure;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// Answers lease requests at any member: asks the leader, wherever it is, and puts this member's
/// revision into the answer.
///
/// Safe for any thread.
public final class LeaderLessor implements Lessor {
  private final LeaderRequests requests;
  private final Sources here;
  private final PeerCalls peers;

  /// What this member itself knows.
  ///
  /// @param leader answers while this member leads
  /// @param keys the keys of leases, which every member has
  /// @param reads confirms that they are current
  /// @param revision the store's newest
  public record Sources(
      ProvenLessor leader, AttachedKeys keys, LeadershipProof.Reads reads, LongSupplier revision) {}

  public LeaderLessor(LeaderRequests requests, Sources here, PeerCalls peers) {
    this.requests = requests;
    this.here = here;
    this.peers = peers;
  }

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    requests.start(new KeepAliveRoute(lease, here.revision().getAsLong()), loop, callback);
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    requests.start(new TimeToLiveRoute(lease, keys), loop, callback);
  }

  /// This member's own list, possibly stale.
  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    here.leader().leases(loop, callback);
  }

  private <A extends PeerAnswer, T> void ask(
      MemberId leader,
      PeerQuestion<A> question,
      Executor loop,
      Attempt<T> attempt,
      Function<A, T> answerOf) {
    peers.ask(
        leader,
        question,
        requests.limits().attemptTimeout(),
        loop,
        new PeerCalls.Callback<>() {
          @Override
          public void answered(A answer) {
            attempt.answered(answerOf.apply(answer));
          }

          @Override
          public void failed(CallFailure failure) {
            boolean isOverloaded =
                failure instanceof CallFailure.Refused(var why) && why == Refusal.OVERLOADED;
            if (isOverloaded) {
              attempt.failed(LeaseFailure.TOO_MANY_REQUESTS);
            } else {
              attempt.again();
            }
          }
        });
  }

  /// This member's own answer to an attempt.
  private static <T> Callback<T> own(Attempt<T> attempt) {
    return new Callback<>() {
      @Override
      public void answered(T answer) {
        attempt.answered(answer);
      }

      @Override
      public void failed(LeaseFailure failure) {
        switch (failure) {
          case NOT_PRIMARY, NO_LEADER, LEADER_CHANGED -> attempt.again();
          case TIMED_OUT, TOO_MANY_REQUESTS, STOPPED -> attempt.failed(failure);
        }
      }
    };
  }

  private final class KeepAliveRoute implements Route<KeepAlive> {
    private final LeaseId lease;
    private final long revision;

    /// @param revision of this member before anybody renewed: never newer than a concurrent revoke
    KeepAliveRoute(LeaseId lease, long revision) {
      this.lease = lease;
      this.revision = revision;
    }

    @Override
    public void askHere(Executor loop, Attempt<KeepAlive> attempt) {
      here.leader().keepAlive(lease, loop, own(attempt));
    }

    @Override
    public void askPeer(MemberId leader, Executor loop, Attempt<KeepAlive> attempt) {
      ask(leader, new PeerQuestion.KeepAlive(lease), loop, attempt, this::withRevision);
    }

    private KeepAlive withRevision(PeerAnswer.KeepAlive answer) {
      return switch (answer) {
        case PeerAnswer.Renewed(var ttlSeconds) -> new KeepAlive.Renewed(ttlSeconds, revision);
        case PeerAnswer.Gone() -> new KeepAlive.Gone(revision);
      };
    }
  }

  private final class TimeToLiveRoute implements Route<TimeToLive> {
    private final LeaseId lease;
    private final Keys keys;

    TimeToLiveRoute(LeaseId lease, Keys keys) {
      this.lease = lease;
      this.keys = keys;
    }

    @Override
    public void askHere(Executor loop, Attempt<TimeToLive> attempt) {
      here.leader().timeToLive(lease, keys, loop, own(attempt));
    }

    @Override
    public void askPeer(MemberId leader, Executor loop, Attempt<TimeToLive> attempt) {
      switch (keys) {
        case LEFT_OUT -> askTime(leader, List.of(), loop, attempt);
        case INCLUDED -> readKeys(leader, loop, attempt);
      }
    }

    /// Reads the keys here, where they take no room on the wire, and before the leader is asked: a
    /// lease that has lost its keys to a revoke is gone by then.
    private void readKeys(MemberId leader, Executor loop, Attempt<TimeToLive> attempt) {
      Callback<List<ByteString>> asking =
          new Callback<>() {
            @Override
            public void answered(List<ByteString> attached) {
              askTime(leader, attached, loop, attempt);
            }

            @Override
            public void failed(LeaseFailure failure) {
              attempt.failed(failure);
            }
          };
      LinearizableReads.Callback reading =
          new LinearizableReads.Callback() {
            @Override
            public void ready() {
              here.keys().attachedKeys(lease, loop, asking);
            }

            @Override
            public void failed(ReadFailure failure) {
              switch (failure) {
                case TIMED_OUT, LEADER_CHANGED -> attempt.again();
                case TOO_MANY_REQUESTS -> attempt.failed(LeaseFailure.TOO_MANY_REQUESTS);
                case STOPPED -> attempt.failed(LeaseFailure.STOPPED);
              }
            }
          };
      here.reads().whenReady(loop, reading);
    }

    private void askTime(
        MemberId leader, List<ByteString> attached, Executor loop, Attempt<TimeToLive> attempt) {
      ask(
          leader,
          new PeerQuestion.TimeToLive(lease),
          loop,
          attempt,
          answer -> withKeys(answer, attached));
    }

    private TimeToLive withKeys(PeerAnswer.TimeToLive answer, List<ByteString> attached) {
      long revision = here.revision().getAsLong();
      return switch (answer) {
        case PeerAnswer.Alive(var remaining, var granted) ->
            new TimeToLive.Alive(remaining, granted, attached, revision);
        case PeerAnswer.Absent() -> new TimeToLive.Absent(revision);
      };
    }
  }
}
