package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.RangeQuery;
import io.kvorum.mvcc.Revision;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.server.command.ApplyResult.LateRead;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A delete that has taken effect and wants its former pairs.
class LateAnswersTest {
  private static final int VALUE_BYTES = 600 << 10;
  private static final DeleteRangeRequest DELETE =
      DeleteRangeRequest.newBuilder().setKey(TxnRequests.ZERO).setPrevKv(true).build();
  private static final RangeQuery ALL =
      RangeQuery.all(KeyRange.of(TxnRequests.ZERO, TxnRequests.ZERO));

  @TempDir Path directory;
  private ServedStore served;

  @BeforeEach
  void serve() throws Exception {
    served = new ServedStore(directory.resolve("db"), ReadBudgetLimits.ofBytes(1 << 20));
    served.put("a", ByteString.copyFrom(new byte[VALUE_BYTES]));
    served.put("b", ByteString.copyFrom(new byte[VALUE_BYTES]));
    served.commands.apply(
        DeleteRangeResponse.newBuilder().setDeleted(2).build(),
        4,
        List.of(new LateRead(0, ALL, new Revision(4, 0))));
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void pairsBeyondTheReadBudget_read_failWithoutLookingLikeARefusal() {
    Status status =
        Calls.failureOf(() -> KVGrpc.newBlockingStub(served.channel()).deleteRange(DELETE));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription())
        .startsWith("kvorum: the request took effect, but has no answer: kvorum: answer of ");
  }

  @Test
  void pairsThatWereCompactedMeanwhile_read_failWithoutLookingLikeARefusal() {
    served.put("c", "4");
    served.put("c", "5");
    served.compact(5);

    Status status =
        Calls.failureOf(() -> KVGrpc.newBlockingStub(served.channel()).deleteRange(DELETE));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription())
        .startsWith("kvorum: the request took effect, but has no answer: etcdserver: mvcc: ");
  }
}
