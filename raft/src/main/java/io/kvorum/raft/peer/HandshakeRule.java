package io.kvorum.raft.peer;

import io.kvorum.raft.membership.MemberId;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/// Judges the identity that opens a connection (raft.md M11, M12). Pure.
///
/// The reasons are tried in the order of [Verdict], the most general first: whoever does not speak
/// the protocol or belongs to another cluster has nothing to do with what is known here.
final class HandshakeRule {
  /// The oldest protocol version spoken here. A later one of the sender is fine: the lower of both
  /// versions is used.
  static final int OLDEST_VERSION = 1;

  /// The newest protocol version spoken here.
  static final int NEWEST_VERSION = 1;

  private final PeerIdentity self;
  private final Predicate<MemberId> isRemoved;

  HandshakeRule(PeerIdentity self, Predicate<MemberId> isRemoved) {
    this.self = self;
    this.isRemoved = isRemoved;
  }

  /// @param version the newest protocol version of the sender
  /// @param known what the sender's member id was last seen with
  Verdict judge(int version, PeerIdentity sender, Optional<Known> known) {
    if (version < OLDEST_VERSION) {
      return Verdict.UNSUPPORTED_VERSION;
    }
    if (sender.clusterId() != self.clusterId()) {
      return Verdict.WRONG_CLUSTER;
    }
    if (isRemoved.test(sender.member())) {
      return Verdict.REMOVED;
    }
    if (sender.member().equals(self.member())) {
      return Verdict.STORE_REPLACED; // nobody else has this store: a copy, or a loop
    }
    if (known.isPresent() && !known.get().storeUuid().equals(sender.storeUuid())) {
      return Verdict.STORE_REPLACED;
    }
    if (known.isPresent() && sender.bootEpoch() < known.get().bootEpoch()) {
      return Verdict.OUTDATED_BOOT;
    }
    return Verdict.ACCEPTED;
  }

  /// What is remembered of a member for ever.
  ///
  /// @param bootEpoch the highest one seen
  record Known(UUID storeUuid, long bootEpoch) {}

  /// What the receiver of a handshake thinks of its sender.
  enum Verdict {
    UNSUPPORTED_VERSION,
    WRONG_CLUSTER,
    /// Removed from the cluster for good.
    REMOVED,
    /// The member id is known with another store.
    STORE_REPLACED,
    /// The member id is known with a later boot.
    OUTDATED_BOOT,
    ACCEPTED
  }
}
