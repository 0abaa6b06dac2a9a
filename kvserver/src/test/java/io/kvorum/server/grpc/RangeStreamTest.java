package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import io.kvorum.server.read.ReadFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `api.md` §3.1 "RangeStream" and §8 case 73, with a client that takes one chunk at a time.
class RangeStreamTest {
  private static final RangeRequest ALL =
      RangeRequest.newBuilder().setKey(TxnRequests.ZERO).setRangeEnd(TxnRequests.ZERO).build();

  @TempDir Path directory;
  private ServedStore served;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void manySmallKeys_streamed_comeInDoublingChunks() {
    fill(100, 10);
    SlowReader reader = new SlowReader(ALL);

    List<Integer> sizes = new ArrayList<>();
    RangeResponse chunk = reader.next();
    while (!chunk.hasHeader()) {
      sizes.add(chunk.getKvsCount());
      chunk = reader.next();
    }

    assertThat(sizes).containsExactly(10, 20, 40);
    assertThat(chunk.getKvsCount()).isEqualTo(30);
    assertThat(chunk.getCount()).isEqualTo(100);
    assertThat(reader.end().isOk()).isTrue();
  }

  /// Values that alone exceed the chunk target still progress one by one.
  @Test
  void hugeValues_streamed_comeOneByOne() {
    fill(12, 1_200_000);
    SlowReader reader = new SlowReader(ALL);

    int keys = 0;
    RangeResponse chunk = reader.next();
    while (!chunk.hasHeader()) {
      assertThat(chunk.getSerializedSize()).isLessThan(2 * 1_200_000 + 1000);
      keys += chunk.getKvsCount();
      chunk = reader.next();
    }

    assertThat(keys + chunk.getKvsCount()).isEqualTo(12);
  }

  @Test
  void writesBetweenChunks_streamed_areInvisible() {
    fill(50, 100_000);
    SlowReader reader = new SlowReader(ALL);
    RangeResponse first = reader.next();
    long started = served.store.head();

    served.put("key-00000-new", "later");
    served.put("key-00049", "later");
    List<RangeResponse> rest = reader.rest();

    assertThat(first.getKvsCount() + rest.stream().mapToInt(RangeResponse::getKvsCount).sum())
        .isEqualTo(50);
    assertThat(rest.getLast().getHeader().getRevision()).isEqualTo(started);
    assertThat(rest.getLast().getCount()).isEqualTo(50);
    assertThat(rest.getLast().getKvsList().getLast().getValue().size()).isEqualTo(100_000);
  }

  @Test
  void compactionBetweenChunks_streamed_endsAsCompactedAfterPartOfTheData() {
    fill(100, 100_000);
    SlowReader reader = new SlowReader(ALL);
    reader.next();

    served.put("other", "1");
    served.compact(served.store.head());
    Status end = reader.drainToEnd();

    assertThat(end.getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
    assertThat(end.getDescription())
        .isEqualTo("etcdserver: mvcc: required revision has been compacted");
    assertThat(reader.keysSeen).isBetween(10, 99);
  }

  @Test
  void countOnlyOrEmptyRange_streamed_isOneMessage() {
    fill(7, 10);

    List<RangeResponse> counted =
        new SlowReader(ALL.toBuilder().setCountOnly(true).setLimit(2).build()).rest();
    List<RangeResponse> empty =
        new SlowReader(RangeRequest.newBuilder().setKey(bytes("none")).build()).rest();

    assertThat(counted).hasSize(1);
    assertThat(counted.getFirst().getCount()).isEqualTo(7);
    assertThat(counted.getFirst().getKvsCount()).isZero();
    assertThat(empty).hasSize(1);
    assertThat(empty.getFirst().getCount()).isZero();
    assertThat(empty.getFirst().getHeader().getRevision()).isEqualTo(8);
  }

  @Test
  void unservedOrRefusedRequests_streamed_failWithTheirStatus() {
    served.put("a", "1");

    assertThat(new SlowReader(ALL.toBuilder().setSortOrder(SortOrder.DESCEND).build()).end())
        .extracting(Status::getCode, Status::getDescription)
        .containsExactly(
            Status.Code.UNIMPLEMENTED, "RangeStream does not support custom sort orders");
    assertThat(new SlowReader(ALL.toBuilder().setRevision(9).build()).end().getDescription())
        .isEqualTo("etcdserver: mvcc: required revision is a future revision");
    served.failReads(ReadFailure.TIMED_OUT);
    assertThat(new SlowReader(ALL).end().getDescription())
        .isEqualTo("etcdserver: request timed out");
    assertThat(new SlowReader(ALL.toBuilder().setSerializable(true).build()).rest()).hasSize(1);
  }

  private void fill(int keys, int valueBytes) {
    ByteString value = ByteString.copyFrom(new byte[valueBytes]);
    for (int i = 0; i < keys; i++) {
      served.put("key-%05d".formatted(i), value);
    }
  }

  /// Takes chunks one at a time.
  private final class SlowReader
      implements ClientResponseObserver<RangeRequest, RangeStreamResponse> {
    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
    private final CompletableFuture<ClientCallStreamObserver<RangeRequest>> call =
        new CompletableFuture<>();
    private int keysSeen;

    SlowReader(RangeRequest request) {
      KVGrpc.newStub(served.channel()).rangeStream(request, this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<RangeRequest> started) {
      started.disableAutoRequestWithInitial(0);
      call.complete(started);
    }

    RangeResponse next() {
      Object item = take();
      assertThat(item).isInstanceOf(RangeResponse.class);
      return (RangeResponse) item;
    }

    Status end() {
      return (Status) take();
    }

    List<RangeResponse> rest() {
      List<RangeResponse> rest = new ArrayList<>();
      Object item = take();
      while (item instanceof RangeResponse chunk) {
        rest.add(chunk);
        item = take();
      }
      assertThat(((Status) item).isOk()).as("%s", item).isTrue();
      return rest;
    }

    Status drainToEnd() {
      Object item = take();
      while (item instanceof RangeResponse) {
        item = take();
      }
      return (Status) item;
    }

    private Object take() {
      try {
        call.join().request(1);
        Object item = arrived.poll(20, TimeUnit.SECONDS);
        if (item instanceof RangeResponse chunk) {
          keysSeen += chunk.getKvsCount();
        }
        return item;
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void onNext(RangeStreamResponse chunk) {
      arrived.add(chunk.getRangeResponse());
    }

    @Override
    public void onError(Throwable failure) {
      arrived.add(((StatusRuntimeException) failure).getStatus());
    }

    @Override
    public void onCompleted() {
      arrived.add(Status.OK);
    }
  }
}
