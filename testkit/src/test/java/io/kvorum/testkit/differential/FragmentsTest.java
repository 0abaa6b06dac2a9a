package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.testkit.ServerProcess;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A history larger than a response may be comes in fragments to those who allow it, and whole to
/// the others (api.md §3.3 Fragment).
class FragmentsTest {
  private static final int REVISIONS = 8;
  private static final int KEYS_PER_REVISION = 3;
  private static final int VALUE_BYTES = 450_000;

  @BeforeEach
  void needsEtcd() {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
  }

  @Test
  void largeHistory_watchedWithAndWithoutFragments_isTheSameAsInEtcd() throws Exception {
    try (ServerPair pair = ServerPair.start(ServerPair.Subject.KVORUM)) {
      LockStep servers = new LockStep(pair, "fragments");
      for (int i = 0; i < REVISIONS; i++) {
        servers.exchange(new Command.Txn(largeTxn(i)));
      }
      servers.settle();
      servers.exchange(new Command.WatchReopen(0));

      servers.exchange(watchFromStart(1, true));
      servers.exchange(watchFromStart(2, false));
      servers.settle();

      for (Peer peer : new Peer[] {pair.reference(), pair.subject()}) {
        WatchStream stream = peer.watches().stream(0).orElseThrow();
        assertThat(stream.watcher(1).fragments()).as(peer.name()).isPositive();
        assertThat(stream.watcher(2).fragments()).as(peer.name()).isZero();
      }
    }
  }

  private static TxnRequest largeTxn(int number) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int i = 0; i < KEYS_PER_REVISION; i++) {
      byte[] value = new byte[VALUE_BYTES];
      value[0] = (byte) number;
      txn.addSuccess(
          RequestOp.newBuilder()
              .setRequestPut(
                  PutRequest.newBuilder()
                      .setKey(Keys.ALL.get(i))
                      .setValue(ByteString.copyFrom(value))));
    }
    return txn.build();
  }

  private static Command watchFromStart(long id, boolean fragment) {
    return new Command.WatchCreate(
        0,
        WatchCreateRequest.newBuilder()
            .setKey(Keys.ZERO)
            .setRangeEnd(Keys.ZERO)
            .setStartRevision(1)
            .setWatchId(id)
            .setFragment(fragment)
            .build(),
        -1);
  }
}
