package io.kvorum.raft.peer;

import io.kvorum.invariant.Invariant;
import io.kvorum.raft.membership.MemberId;
import java.util.UUID;

/// Who a member says it is when it opens a connection.
///
/// @param storeUuid drawn when the data directory was made: another one under a known member id is
///   a member that has forgotten its votes (raft.md M12)
/// @param bootEpoch how often that data directory was started; from 1
public record PeerIdentity(long clusterId, MemberId member, UUID storeUuid, long bootEpoch) {
  public PeerIdentity {
    Invariant.check(bootEpoch > 0, "boot epoch %d of member %s", bootEpoch, member);
  }
}
