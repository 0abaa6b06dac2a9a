package io.kvorum.server.cluster;

import io.kvorum.lease.LeaseId;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// Answers lease requests as the leader, and only what a leader may: a member that does not lead
/// refuses with [LeaseFailure#NOT_PRIMARY].
///
/// **Renewed** is answered once the member has proven that it led *after* it renewed. Whoever leads
/// next takes over later than that and gives every lease its full time from there, or what is left
/// of it by a note that the renewal has cleared: so the answer holds, counted from the request. A
/// deposed leader renews what nobody will see, and gets no proof. Check-quorum would not do: a
/// process that was stopped, and a transfer, outrun it.
///
/// **Whether the lease exists** is answered from a state that holds everything committed before the
/// request came: the member where a lease was granted or revoked may have applied that, and told
/// its client, before the leader has. So the leader looks again after the proof.
public final class ProvenLessor implements Lessor {
  private final Lessor member;
  private final LeadershipProof proof;

  /// @param member answers from the member's own state
  public ProvenLessor(Lessor member, LeadershipProof proof) {
    this.member = member;
    this.proof = proof;
  }

  @Override
  public void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback) {
    ifLeader(loop, callback, term -> new KeepAliveRequest(lease, term, loop, callback).start());
  }

  @Override
  public void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback) {
    ifLeader(
        loop,
        callback,
        term ->
            proof.prove(
                term, loop, then(callback, () -> member.timeToLive(lease, keys, loop, callback))));
  }

  @Override
  public void leases(Executor loop, Callback<LeaseList> callback) {
    member.leases(loop, callback);
  }

  private interface Leading {
    void in(long term);
  }

  private void ifLeader(Executor loop, Callback<?> callback, Leading leading) {
    OptionalLong term = proof.term();
    if (term.isPresent()) {
      leading.in(term.getAsLong());
    } else {
      loop.execute(() -> callback.failed(LeaseFailure.NOT_PRIMARY));
    }
  }

  private static LeadershipProof.Callback then(Callback<?> callback, Runnable next) {
    return new LeadershipProof.Callback() {
      @Override
      public void proven() {
        next.run();
      }

      @Override
      public void failed(LeaseFailure failure) {
        callback.failed(failure);
      }
    };
  }

  /// A keep-alive on its way: renewed, proven, and looked for again.
  private final class KeepAliveRequest {
    private final LeaseId lease;
    private final long term;
    private final Executor loop;
    private final Callback<KeepAlive> callback;

    KeepAliveRequest(LeaseId lease, long term, Executor loop, Callback<KeepAlive> callback) {
      this.lease = lease;
      this.term = term;
      this.loop = loop;
      this.callback = callback;
    }

    void start() {
      renew(first -> prove(() -> renew(second -> decide(first, second))));
    }

    /// A second renewal is as good as a look. Only the first is proven, but it is missing if the
    /// lease was not known then.
    private void decide(KeepAlive first, KeepAlive second) {
      switch (second) {
        case KeepAlive.Gone gone -> callback.answered(gone);
        case KeepAlive.Renewed renewed -> {
          if (first instanceof KeepAlive.Renewed) {
            callback.answered(first);
          } else {
            prove(() -> callback.answered(renewed));
          }
        }
      }
    }

    private void prove(Runnable next) {
      proof.prove(term, loop, then(callback, next));
    }

    private void renew(Consumer<KeepAlive> next) {
      member.keepAlive(
          lease,
          loop,
          new Callback<>() {
            @Override
            public void answered(KeepAlive answer) {
              next.accept(answer);
            }

            @Override
            public void failed(LeaseFailure failure) {
              callback.failed(failure);
            }
          });
    }
  }
}
