package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.KVGrpc.KVBlockingStub;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RangeStreamResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever way an answer takes (at once, sized and streamed, sorted, in chunks), it is the
/// store's.
class RangeAnswersTest {
  private static final int ROUNDS = 300;

  @TempDir Path directory;
  private final SplittableRandom random = new SplittableRandom(19);
  private ServedStore served;
  private KVBlockingStub kv;

  /// 600 keys with values up to 8 KiB: small answers, and large ones of more than a megabyte; two
  /// thirds of the keys changed once more, some deleted, the first hundred revisions compacted.
  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    kv = KVGrpc.newBlockingStub(served.channel());
    for (int i = 0; i < 600; i++) {
      served.put(key(i), value());
    }
    for (int i = 0; i < 400; i++) {
      String key = key(random.nextInt(600));
      if (random.nextInt(10) == 0) {
        served.write(
            txn ->
                txn.deleteRange(
                    io.kvorum.mvcc.KeyRange.single(ByteString.copyFromUtf8(key)), false));
      } else {
        served.put(key, value());
      }
    }
    served.compact(100);
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void randomRanges_served_areWhatTheStoreHolds() {
    for (int round = 0; round < ROUNDS; round++) {
      RangeRequest request = request(SortOrder.values(), SortTarget.values()).build();

      assertThat(kv.range(request).equals(Answers.expected(served, request)))
          .as("round %d: %s", round, request)
          .isTrue();
    }
    assertThat(served.budget.reservedBytes()).isZero();
  }

  /// Case 73.
  @Test
  void randomRangeStreams_chunksMerged_areTheRange() {
    for (int round = 0; round < ROUNDS; round++) {
      RangeRequest request =
          request(
                  new SortOrder[] {SortOrder.NONE, SortOrder.ASCEND},
                  new SortTarget[] {SortTarget.KEY})
              .clearMinModRevision()
              .clearMaxCreateRevision()
              .build();

      List<RangeResponse> chunks = chunks(kv.rangeStream(request));

      assertThat(merged(chunks).equals(Answers.expected(served, request)))
          .as("round %d: %s", round, request)
          .isTrue();
      for (RangeResponse chunk : chunks.subList(0, chunks.size() - 1)) {
        assertThat(chunk.hasHeader()).isFalse();
        assertThat(chunk.getCount()).isZero();
        assertThat(chunk.getMore()).isFalse();
        assertThat(chunk.getKvsCount()).isPositive();
      }
      assertThat(chunks.getFirst().getKvsCount()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void rangeStreamSortedByOtherTargetWithoutOrder_oneChunk_isInTheOrderOfRange() {
    RangeRequest request =
        RangeRequest.newBuilder()
            .setKey(ByteString.copyFromUtf8(key(20)))
            .setRangeEnd(ByteString.copyFromUtf8(key(29)))
            .setSortTarget(SortTarget.MOD)
            .build();

    List<RangeResponse> chunks = chunks(kv.rangeStream(request));

    assertThat(chunks).hasSize(1);
    assertThat(chunks.getFirst()).isEqualTo(Answers.expected(served, request));
  }

  private RangeRequest.Builder request(SortOrder[] orders, SortTarget[] targets) {
    RangeRequest.Builder request = RangeRequest.newBuilder().setKey(randomKey());
    switch (random.nextInt(8)) {
      case 0 -> {}
      case 1, 2, 3 -> request.setKey(TxnRequests.ZERO).setRangeEnd(TxnRequests.ZERO);
      case 4 -> request.setRangeEnd(TxnRequests.ZERO);
      default -> request.setRangeEnd(randomKey());
    }
    if (random.nextBoolean()) {
      request.setLimit(random.nextInt(4) == 0 ? random.nextInt(650) : random.nextInt(-1, 20));
    }
    if (random.nextInt(3) == 0) {
      request.setRevision(random.nextLong(100, served.store.head() + 1));
    }
    if (random.nextInt(3) == 0) {
      request.setMinModRevision(random.nextInt(1000)).setMaxCreateRevision(random.nextInt(1000));
    }
    if (random.nextInt(3) == 0) {
      request
          .setSortOrder(recognized(orders[random.nextInt(orders.length)], SortOrder.ASCEND))
          .setSortTarget(recognized(targets[random.nextInt(targets.length)], SortTarget.VALUE));
    }
    return request
        .setKeysOnly(random.nextInt(5) == 0)
        .setCountOnly(random.nextInt(10) == 0)
        .setSerializable(random.nextBoolean());
  }

  private static SortOrder recognized(SortOrder order, SortOrder otherwise) {
    return order == SortOrder.UNRECOGNIZED ? otherwise : order;
  }

  private static SortTarget recognized(SortTarget target, SortTarget otherwise) {
    return target == SortTarget.UNRECOGNIZED ? otherwise : target;
  }

  private ByteString randomKey() {
    return ByteString.copyFromUtf8(key(random.nextInt(620)));
  }

  private static String key(int number) {
    return "key-%03d".formatted(number);
  }

  private ByteString value() {
    byte[] bytes = new byte[random.nextInt(3) == 0 ? random.nextInt(8 << 10) : random.nextInt(100)];
    random.nextBytes(bytes);
    return ByteString.copyFrom(bytes);
  }

  private static List<RangeResponse> chunks(Iterator<RangeStreamResponse> stream) {
    List<RangeResponse> chunks = new ArrayList<>();
    stream.forEachRemaining(chunk -> chunks.add(chunk.getRangeResponse()));
    return chunks;
  }

  private static RangeResponse merged(List<RangeResponse> chunks) {
    RangeResponse.Builder merged = RangeResponse.newBuilder();
    chunks.forEach(merged::mergeFrom);
    return merged.build();
  }
}
