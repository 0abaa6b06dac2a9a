package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortOrder;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Unary answers that are large against the read budget (design: large answers are bounded).
class LargeRangeTest {
  private static final int VALUE_BYTES = 64 << 10;
  private static final int KEYS = 128;
  private static final long ANSWER_BYTES = (long) KEYS * VALUE_BYTES;
  private static final long BUDGET_BYTES = 5 * ANSWER_BYTES / 2;
  private static final RangeRequest ALL =
      RangeRequest.newBuilder().setKey(TxnRequests.ZERO).setRangeEnd(TxnRequests.ZERO).build();

  @TempDir Path directory;
  private ServedStore served;

  @BeforeEach
  void serve() throws Exception {
    served = new ServedStore(directory.resolve("db"), ReadBudgetLimits.ofBytes(BUDGET_BYTES));
    SplittableRandom random = new SplittableRandom(5);
    byte[] value = new byte[VALUE_BYTES];
    for (int i = 0; i < KEYS; i++) {
      random.nextBytes(value);
      served.put("key-%03d".formatted(i), ByteString.copyFrom(value));
    }
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void tenAnswersAtOnce_servedWithRoomForTwo_queueAndStayWithinTheBudget() throws Exception {
    List<Future<RangeResponse>> answers = new ArrayList<>();
    List<ManagedChannel> channels = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      ManagedChannel channel = served.newChannel();
      channels.add(channel);
      answers.add(Calls.start(() -> KVGrpc.newBlockingStub(channel).range(ALL)));
    }

    long highestReserved = 0;
    for (Future<RangeResponse> answer : answers) {
      while (!answer.isDone()) {
        highestReserved = Math.max(highestReserved, served.budget.reservedBytes());
        Thread.onSpinWait();
      }
      assertThat(answer.get().getKvsCount()).isEqualTo(KEYS);
      assertThat(answer.get().getCount()).isEqualTo(KEYS);
      assertThat(answer.get().getMore()).isFalse();
    }
    channels.forEach(ManagedChannel::shutdownNow);

    assertThat(highestReserved).isBetween(ANSWER_BYTES, BUDGET_BYTES);
    assertThat(answers.getFirst().get()).isEqualTo(answers.getLast().get());
  }

  @Test
  void largeAnswer_served_equalsTheStore() {
    RangeResponse answer = KVGrpc.newBlockingStub(served.channel()).range(ALL);

    assertThat(answer).isEqualTo(Answers.expected(served, ALL));
  }

  @Test
  void sortedLargeAnswer_served_equalsTheStore() {
    RangeRequest sorted =
        ALL.toBuilder()
            .setSortOrder(SortOrder.DESCEND)
            .setSortTarget(SortTarget.VALUE)
            .setLimit(100)
            .build();

    RangeResponse answer = KVGrpc.newBlockingStub(served.channel()).range(sorted);

    assertThat(answer).isEqualTo(Answers.expected(served, sorted));
  }

  @Test
  void largeReadOnlyTransaction_served_equalsItsRanges() {
    RequestOp all = RequestOp.newBuilder().setRequestRange(ALL).build();
    RequestOp one = TxnRequests.range("key-000");

    TxnResponse answer =
        KVGrpc.newBlockingStub(served.channel())
            .txn(TxnRequest.newBuilder().addSuccess(one).addSuccess(all).addSuccess(one).build());

    assertThat(answer.getSucceeded()).isTrue();
    assertThat(answer.getHeader().getRevision()).isEqualTo(KEYS + 1);
    assertThat(answer.getResponsesList()).hasSize(3);
    RangeResponse inner = answer.getResponses(1).getResponseRange();
    assertThat(inner.getHeader().getRevision()).isEqualTo(KEYS + 1);
    assertThat(inner.getHeader().getMemberId()).as("only the revision is set").isZero();
    assertThat(inner.getKvsList()).isEqualTo(Answers.expected(served, ALL).getKvsList());
    assertThat(answer.getResponses(0)).isEqualTo(answer.getResponses(2));
  }

  @Test
  void answerBeyondTheBudget_asked_isRefused() {
    RequestOp all = RequestOp.newBuilder().setRequestRange(ALL).build();
    TxnRequest threeTimes =
        TxnRequest.newBuilder().addSuccess(all).addSuccess(all).addSuccess(all).build();

    Status status = Calls.failureOf(() -> KVGrpc.newBlockingStub(served.channel()).txn(threeTimes));

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("exceeds the read budget of " + BUDGET_BYTES);
    assertThat(served.budget.reservedBytes()).isZero();
  }

  @Test
  void clientsThatDoNotRead_othersWait_untilTheLimitResetsThem() throws Exception {
    StalledCall first = new StalledCall(served.newChannel());
    StalledCall second = new StalledCall(served.newChannel());
    awaitReserved(2 * ANSWER_BYTES);
    Future<RangeResponse> waiting =
        Calls.start(() -> KVGrpc.newBlockingStub(served.channel()).range(ALL));
    awaitWaiting(1);

    served.clock.advance(Duration.ofSeconds(29));
    served.budget.tick();
    assertThat(waiting.isDone()).isFalse();
    served.clock.advance(Duration.ofHours(1));
    served.budget.tick();

    awaitNothingReserved();
    assertThat(Calls.failureOf(() -> join(waiting)).getDescription())
        .as("it had waited too long by then")
        .isEqualTo("etcdserver: too many requests");
    assertThat(KVGrpc.newBlockingStub(served.channel()).range(ALL).getKvsCount()).isEqualTo(KEYS);
    first.channel.shutdownNow();
    second.channel.shutdownNow();
  }

  @Test
  void stalledClient_cancels_givesItsMemoryToTheNext() throws Exception {
    StalledCall first = new StalledCall(served.newChannel());
    StalledCall second = new StalledCall(served.newChannel());
    awaitReserved(2 * ANSWER_BYTES);
    Future<RangeResponse> waiting =
        Calls.start(() -> KVGrpc.newBlockingStub(served.channel()).range(ALL));
    awaitWaiting(1);

    first.call.cancel("no longer wanted", null);

    assertThat(waiting.get(20, TimeUnit.SECONDS).getKvsCount()).isEqualTo(KEYS);
    second.call.cancel("no longer wanted", null);
    awaitNothingReserved();
    first.channel.shutdownNow();
    second.channel.shutdownNow();
  }

  private void awaitReserved(long bytes) {
    await(() -> served.budget.reservedBytes() >= bytes);
  }

  private void awaitNothingReserved() {
    await(() -> served.budget.reservedBytes() == 0);
  }

  private void awaitWaiting(int count) {
    await(() -> served.budget.waitingCount() == count);
  }

  /// The server has no hook for what is awaited; the deadline only ends a failing test.
  private static void await(BooleanSupplier condition) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadlineNanos);
      Thread.onSpinWait();
    }
  }

  private static void join(Future<RangeResponse> answer) {
    try {
      answer.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Status.fromThrowable(e).asRuntimeException();
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /// A call that asks for its answer and never takes it off the connection.
  private static final class StalledCall {
    final ManagedChannel channel;
    final ClientCall<RangeRequest, RangeResponse> call;

    StalledCall(ManagedChannel channel) {
      this.channel = channel;
      this.call = channel.newCall(KVGrpc.getRangeMethod(), CallOptions.DEFAULT);
      call.start(new ClientCall.Listener<>() {}, new Metadata());
      call.sendMessage(ALL);
      call.halfClose();
    }
  }
}
