package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.lease.Leases;
import io.kvorum.mvcc.ApplyBatch;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.StoreOptions;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.server.command.ApplyResult;
import io.kvorum.server.command.Rejection;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which reason a transaction is refused for if there are several (api.md §3.2 pre-check).
class TxnPreCheckTest {
  private static final ByteString KEY = ByteString.copyFromUtf8("missing");
  private static final RequestOp FUTURE_RANGE =
      RequestOp.newBuilder()
          .setRequestRange(RangeRequest.newBuilder().setKey(KEY).setRevision(31))
          .build();
  private static final RequestOp UNKNOWN_LEASE_PUT =
      RequestOp.newBuilder()
          .setRequestPut(PutRequest.newBuilder().setKey(KEY).setLease(99))
          .build();
  private static final RequestOp MISSING_KEY_AND_LEASE_PUT =
      RequestOp.newBuilder()
          .setRequestPut(PutRequest.newBuilder().setKey(KEY).setLease(99).setIgnoreValue(true))
          .build();

  @TempDir private Path directory;
  private MvccStore store;
  private ApplyBatch batch;

  @BeforeEach
  void open() {
    store = MvccStore.open(directory, StoreOptions.defaults());
    batch = store.newBatch();
  }

  @AfterEach
  void close() {
    batch.abandon();
    store.close();
  }

  @Test
  void rangeAndLaterPutAreRefusable_putDecides() {
    assertThat(refusal(FUTURE_RANGE, UNKNOWN_LEASE_PUT))
        .isInstanceOf(Rejection.LeaseNotFound.class);
  }

  @Test
  void nestedRangeAndPutInNextNestAreRefusable_putDecides() {
    assertThat(refusal(nested(FUTURE_RANGE), nested(UNKNOWN_LEASE_PUT)))
        .isInstanceOf(Rejection.LeaseNotFound.class);
  }

  @Test
  void putOfMissingKeyWithUnknownLease_keyDecides() {
    assertThat(refusal(MISSING_KEY_AND_LEASE_PUT)).isInstanceOf(Rejection.KeyNotFound.class);
  }

  @Test
  void rangeAlone_isRefusedByItsRevision() {
    assertThat(refusal(FUTURE_RANGE)).isInstanceOf(Rejection.FutureRevision.class);
  }

  private static RequestOp nested(RequestOp operation) {
    return RequestOp.newBuilder()
        .setRequestTxn(TxnRequest.newBuilder().addSuccess(operation))
        .build();
  }

  private Rejection refusal(RequestOp... operations) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (RequestOp operation : operations) {
      txn.addSuccess(operation);
    }
    ApplyResult result =
        new TxnCommand(new KvCommands(new Leases()))
            .apply(batch, txn.build(), TxnCommand.Answer.WANTED);
    return ((ApplyResult.Rejected) result).rejection();
  }
}
