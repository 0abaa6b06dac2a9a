package io.kvorum.testkit.differential;

import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseLeasesRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import java.util.List;

/// Random requests on leases (api.md §3.4). Leases that live longer than one exchange are granted
/// for so long that none expires during a script: expiry is compared by a test of its own.
final class LeaseScript {

  /// Who chooses the ids of leases.
  enum Ids {
    BY_CLIENT,
    BY_SERVER
  }

  private static final List<Long> CHOSEN_IDS =
      List.of(1L, 2L, 3L, 4L, 77L, -1L, -5L, Long.MAX_VALUE, Long.MIN_VALUE);
  private static final long NEVER_GRANTED = 424_242;
  private static final long TOO_LONG_SECONDS = 9_000_000_001L;
  private static final List<Long> LONG_TTLS = List.of(600L, 3_600L, 86_400L, 9_000_000_000L);
  private static final List<Long> TTLS_BELOW_MINIMUM = List.of(0L, 1L, -1L, Long.MIN_VALUE);

  private final Dice dice;
  private final ScriptState state;
  private final Ids ids;

  LeaseScript(Dice dice, ScriptState state, Ids ids) {
    this.dice = dice;
    this.state = state;
    this.ids = ids;
  }

  Ids ids() {
    return ids;
  }

  /// A lease to attach to: mostly one that exists.
  long attached() {
    List<Long> existing = state.leases();
    return existing.isEmpty() || dice.oneIn(12) ? anyId() : dice.oneOf(existing);
  }

  private long anyId() {
    List<Long> existing = state.leases();
    if (!existing.isEmpty() && dice.oneIn(2)) {
      return dice.oneOf(existing);
    }
    return ids == Ids.BY_SERVER || dice.oneIn(4) ? NEVER_GRANTED : dice.oneOf(CHOSEN_IDS);
  }

  /// One or a few commands around leases.
  List<Command> next() {
    return switch (dice.below(10)) {
      case 0, 1 -> List.of(grant());
      case 2, 3 -> shortLived();
      case 4 -> List.of(revoke(anyId()));
      case 5, 6 -> List.of(keepAlive(anyId()));
      case 7, 8 -> List.of(timeToLive(anyId()));
      default -> List.of(new Command.LeaseLeases(LeaseLeasesRequest.getDefaultInstance()));
    };
  }

  private Command grant() {
    if (ids == Ids.BY_SERVER && state.leases().size() > 8) {
      return revoke(dice.oneOf(state.leases()));
    }
    return grant(dice.oneIn(12) ? TOO_LONG_SECONDS : dice.oneOf(LONG_TTLS));
  }

  private Command grant(long ttlSeconds) {
    return new Command.LeaseGrant(
        LeaseGrantRequest.newBuilder()
            .setID(ids == Ids.BY_SERVER ? 0 : dice.oneOf(CHOSEN_IDS))
            .setTTL(ttlSeconds)
            .build());
  }

  /// A lease of the least time, looked at and revoked at once, before it can expire.
  private List<Command> shortLived() {
    if (ids == Ids.BY_SERVER) {
      return List.of(grant());
    }
    Command grant = grant(dice.oneOf(TTLS_BELOW_MINIMUM));
    long id = ((Command.LeaseGrant) grant).request().getID();
    return List.of(grant, timeToLive(id), keepAlive(id), revoke(id));
  }

  private static Command revoke(long id) {
    return new Command.LeaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
  }

  private static Command keepAlive(long id) {
    return new Command.LeaseKeepAlive(LeaseKeepAliveRequest.newBuilder().setID(id).build());
  }

  private Command timeToLive(long id) {
    return new Command.LeaseTimeToLive(
        LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(dice.oneIn(2)).build());
  }
}
