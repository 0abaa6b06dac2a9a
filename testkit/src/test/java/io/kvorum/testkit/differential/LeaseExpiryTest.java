package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseLeasesRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.testkit.ServerProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Leases that run out delete their keys as they do in etcd: each lease in one revision, keys in
/// ascending order, the shorter lease first, and keys that moved away stay (api.md §3.4).
class LeaseExpiryTest {
  private static final long SHORT_SECONDS = 1;
  private static final long LONGER_SECONDS = 4;

  @BeforeEach
  void needsEtcd() {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
  }

  @ParameterizedTest
  @EnumSource
  void twoLeases_runOut_deleteTheirKeysAsInEtcd(LeaseScript.Ids ids) throws Exception {
    try (ServerPair pair = ServerPair.startWithShortLeases(ServerPair.Subject.KVORUM)) {
      LockStep servers = new LockStep(pair, "lease expiry, ids " + ids);
      boolean chosenByServer = ids == LeaseScript.Ids.BY_SERVER;
      long shorter = chosenByServer ? LeaseAliases.FIRST : -7;
      long longer = chosenByServer ? LeaseAliases.FIRST + 1 : 8;
      grant(servers, chosenByServer ? 0 : longer, chosenByServer ? SHORT_SECONDS : LONGER_SECONDS);
      grant(servers, chosenByServer ? 0 : shorter, chosenByServer ? LONGER_SECONDS : SHORT_SECONDS);
      put(servers, "b", shorter);
      put(servers, "a", shorter);
      put(servers, "moved", shorter);
      put(servers, "moved", longer);
      put(servers, "detached", longer);
      long lastPut = put(servers, "detached", 0);

      servers.settleAt(lastPut + 2); // one revision for each lease

      for (long lease : new long[] {shorter, longer}) {
        servers.exchange(
            new Command.LeaseTimeToLive(
                LeaseTimeToLiveRequest.newBuilder().setID(lease).setKeys(true).build()));
        servers.exchange(
            new Command.LeaseKeepAlive(LeaseKeepAliveRequest.newBuilder().setID(lease).build()));
        servers.exchange(
            new Command.LeaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build()));
      }
      servers.exchange(new Command.LeaseLeases(LeaseLeasesRequest.getDefaultInstance()));
      servers.exchange(
          new Command.Range(
              RangeRequest.newBuilder().setKey(Keys.ZERO).setRangeEnd(Keys.ZERO).build()));
      assertThat(servers.tally().of("LeaseRevoke: etcdserver: requested lease not found"))
          .isEqualTo(2);
    }
  }

  private static void grant(LockStep servers, long id, long ttlSeconds) throws Exception {
    servers.exchange(
        new Command.LeaseGrant(
            LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds).build()));
  }

  private static long put(LockStep servers, String key, long lease) throws Exception {
    Answer answer =
        servers
            .exchange(
                new Command.Put(
                    PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setLease(lease)
                        .build()))
            .orElseThrow();
    return ((PutResponse) ((Answer.Replied) answer).message()).getHeader().getRevision();
  }
}
