package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import io.kvorum.lease.LeaseId;
import java.util.List;
import java.util.concurrent.Executor;

/// Answers the lease requests that are not commands of the log (etcd API: Lease.LeaseKeepAlive,
/// LeaseTimeToLive, LeaseLeases). May be called by any thread; a callback runs once, on `loop`, and
/// in any order.
public interface Lessor {
  /// Renews the lease for its full granted TTL. For a lease that has expired but is not yet revoked
  /// the answer waits until it is.
  void keepAlive(LeaseId lease, Executor loop, Callback<KeepAlive> callback);

  /// Tells how long the lease has left.
  void timeToLive(LeaseId lease, Keys keys, Executor loop, Callback<TimeToLive> callback);

  /// Lists all leases by remaining time, the one that ends first in front; by id on a member that
  /// is not the leader.
  void leases(Executor loop, Callback<LeaseList> callback);

  /// Receives the one answer.
  interface Callback<T> {
    void answered(T answer);

    void failed(LeaseFailure failure);
  }

  /// Whether the attached keys are wanted.
  enum Keys {
    INCLUDED,
    LEFT_OUT
  }

  /// The answer to a keep-alive. Its revision was read before renewing, so it is never newer than a
  /// concurrent revoke.
  sealed interface KeepAlive {
    long revision();

    /// Renewed; the lease now ends `ttlSeconds`, the granted TTL, from now.
    record Renewed(long ttlSeconds, long revision) implements KeepAlive {}

    /// The lease does not exist, or no longer: answered as TTL 0.
    record Gone(long revision) implements KeepAlive {}
  }

  /// The answer to a time-to-live question.
  sealed interface TimeToLive {
    long revision();

    /// The lease lives.
    ///
    /// @param remainingSeconds whole seconds, truncated
    /// @param grantedSeconds the TTL of the grant
    /// @param keys the attached keys in key order; empty if they were not asked for
    record Alive(long remainingSeconds, long grantedSeconds, List<ByteString> keys, long revision)
        implements TimeToLive {
      public Alive {
        keys = List.copyOf(keys);
      }
    }

    /// The lease does not exist: answered as TTL -1, granted TTL 0.
    record Absent(long revision) implements TimeToLive {}
  }

  /// All leases and the store revision.
  record LeaseList(List<LeaseId> leases, long revision) {
    public LeaseList {
      leases = List.copyOf(leases);
    }
  }
}
