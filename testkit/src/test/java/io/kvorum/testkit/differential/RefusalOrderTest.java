package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.testkit.ServerProcess;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Which of several reasons a request is refused for (api.md §3.1 Put, §3.2 pre-check): scripts
/// meet two reasons in one request too rarely to rely on them.
class RefusalOrderTest {
  private static final long UNKNOWN_LEASE = 99;
  private static final Answer NO_LEASE =
      new Answer.Failed(Status.Code.NOT_FOUND, "etcdserver: requested lease not found");
  private static final Answer NO_KEY =
      new Answer.Failed(Status.Code.INVALID_ARGUMENT, "etcdserver: key not found");

  private static final PutRequest LEASE_ON_MISSING_KEY =
      PutRequest.newBuilder()
          .setKey(ByteString.copyFromUtf8("missing"))
          .setIgnoreValue(true)
          .setLease(UNKNOWN_LEASE)
          .build();
  private static final RequestOp UNKNOWN_LEASE_PUT =
      RequestOp.newBuilder()
          .setRequestPut(PutRequest.newBuilder().setKey(Keys.ZERO).setLease(UNKNOWN_LEASE))
          .build();
  private static final RequestOp FUTURE_RANGE =
      RequestOp.newBuilder()
          .setRequestRange(RangeRequest.newBuilder().setKey(Keys.ZERO).setRevision(1_000))
          .build();

  @BeforeEach
  void needsEtcd() {
    assumeTrue(ServerProcess.program("etcd").isPresent(), "install etcd-server");
  }

  @Test
  void requests_refusableForTwoReasons_nameTheSameAsEtcd() throws Exception {
    try (ServerPair pair = ServerPair.start(ServerPair.Subject.KVORUM)) {
      LockStep servers = new LockStep(pair, "order of refusals");

      Optional<Answer> put = servers.exchange(new Command.Put(LEASE_ON_MISSING_KEY));
      Optional<Answer> putInTxn =
          servers.exchange(txn(RequestOp.newBuilder().setRequestPut(LEASE_ON_MISSING_KEY).build()));
      Optional<Answer> rangeFirst = servers.exchange(txn(FUTURE_RANGE, UNKNOWN_LEASE_PUT));
      Optional<Answer> rangeNestedFirst =
          servers.exchange(txn(nested(FUTURE_RANGE), nested(UNKNOWN_LEASE_PUT)));

      assertThat(put).contains(NO_LEASE);
      assertThat(putInTxn).contains(NO_KEY);
      assertThat(rangeFirst).contains(NO_LEASE);
      assertThat(rangeNestedFirst).contains(NO_LEASE);
    }
  }

  private static RequestOp nested(RequestOp operation) {
    return RequestOp.newBuilder().setRequestTxn(txn(operation).request()).build();
  }

  private static Command.Txn txn(RequestOp... operations) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (RequestOp operation : operations) {
      txn.addSuccess(operation);
    }
    return new Command.Txn(txn.build());
  }
}
