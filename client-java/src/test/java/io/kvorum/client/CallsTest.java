package io.kvorum.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.client.ClientException.Outcome;
import io.kvorum.proto.etcd.PutRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a call that fails is said to have done, and when it is attempted again.
class CallsTest {
  private static final Status NO_LEADER =
      Status.UNAVAILABLE.withDescription("etcdserver: no leader");
  private static final Status TIMED_OUT =
      Status.UNAVAILABLE.withDescription("etcdserver: request timed out");
  private static final Status BUSY =
      Status.RESOURCE_EXHAUSTED.withDescription("etcdserver: too many requests");
  private static final Txn READ_AND_WRITE =
      Txn.when(Guard.absent("k")).then(Put.of("k", "v")).otherwise(Get.of("k"));

  private ScriptedServer first;
  private ScriptedServer second;

  @BeforeEach
  void start() throws IOException {
    first = new ScriptedServer();
    second = new ScriptedServer();
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
  }

  private Client client() {
    return Client.of(first.endpoint(), "http://" + second.endpoint() + "/");
  }

  private static ClientException failure(CompletableFuture<?> call) throws Exception {
    try {
      call.get(ScriptedServer.WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ClientException failure) {
        return failure;
      }
      throw e;
    }
    throw new AssertionError("the call succeeded");
  }

  private static <T> T success(CompletableFuture<T> call) throws Exception {
    return call.get(ScriptedServer.WAIT_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void write_endpointRefusesConnections_isDoneAtTheNext() throws Exception {
    try (Client client = Client.of(ScriptedServer.deadEndpoint(), second.endpoint())) {
      success(client.kv().put("k", "v"));
    }

    assertThat(second.received).containsExactly(Put.of("k", "v").request());
  }

  @Test
  void write_noEndpointAtAll_isNotDone() throws Exception {
    try (Client client =
        Client.builder(ScriptedServer.deadEndpoint()).callTimeout(Duration.ofMillis(500)).build()) {
      ClientException failure = failure(client.kv().put("k", "v"));

      assertThat(failure.outcome()).isEqualTo(Outcome.NOT_DONE);
      assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @Test
  void write_memberWithoutLeader_isDoneAtTheNext() throws Exception {
    first.failures.add(NO_LEADER);
    try (Client client = client()) {
      success(client.kv().put("k", "v"));
      success(client.kv().put("l", "w"));
    }

    assertThat(first.received).hasSize(1);
    assertThat(second.received).hasSize(2);
    assertThat(first.hasLeader).containsExactly("true");
  }

  @Test
  void write_noMemberHasALeaderAtFirst_isDoneInTheEnd() throws Exception {
    for (int i = 0; i < 3; i++) {
      first.failures.add(NO_LEADER);
      second.failures.add(NO_LEADER);
    }
    try (Client client = client()) {
      success(client.kv().put("k", "v"));
    }

    assertThat(first.received).hasSize(4);
    assertThat(second.received).hasSize(3);
  }

  @Test
  void write_timedOutAtTheServer_isUnknownAndNotRepeated() throws Exception {
    first.failures.add(TIMED_OUT);
    try (Client client = client()) {
      assertThat(failure(client.kv().put("k", "v")).outcome()).isEqualTo(Outcome.UNKNOWN);

      success(client.kv().put("l", "w"));
    }

    assertThat(first.received).hasSize(1);
    assertThat(second.received)
        .as("the member that failed is left, by the next call")
        .containsExactly(Put.of("l", "w").request());
  }

  @Test
  void write_connectionLostAfterSending_isUnknownAndNotRepeated() throws Exception {
    first.hangsUp = true;
    try (Client client = client()) {
      assertThat(failure(client.kv().put("k", "v")).outcome()).isEqualTo(Outcome.UNKNOWN);
    }
    assertThat(first.received).hasSize(1);
    assertThat(second.received).isEmpty();
  }

  @Test
  void write_serverNeverAnswers_isUnknownAtItsDeadline() throws Exception {
    first.isSilent = true;
    try (Client client =
        Client.builder(first.endpoint()).callTimeout(Duration.ofMillis(500)).build()) {
      ClientException failure = failure(client.kv().put("k", "v"));

      assertThat(failure.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(failure.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
    assertThat(first.received).hasSize(1);
  }

  @Test
  void read_timedOutAtTheServer_isRepeatedAtTheNext() throws Exception {
    first.failures.add(TIMED_OUT);
    try (Client client = client()) {
      assertThat(success(client.kv().get("k")).getCount()).isEqualTo(7);
    }
    assertThat(second.received).hasSize(1);
  }

  @Test
  void read_refused_failsAtOnceAsNotDone() throws Exception {
    first.failures.add(
        Status.OUT_OF_RANGE.withDescription(
            "etcdserver: mvcc: required revision is a future revision"));
    try (Client client = client()) {
      ClientException failure = failure(client.kv().get(Get.of("k").revision(99)));

      assertThat(failure.outcome()).isEqualTo(Outcome.NOT_DONE);
      assertThat(failure).hasMessage("etcdserver: mvcc: required revision is a future revision");
    }
    assertThat(second.received).isEmpty();
  }

  @Test
  void serializableRead_asksForNoLeader() throws Exception {
    try (Client client = client()) {
      success(client.kv().get(Get.of("k").serializable()));
    }
    assertThat(first.hasLeader).containsExactly("none");
  }

  @Test
  void transactionThatOnlyReads_timedOut_isRepeated() throws Exception {
    first.failures.add(TIMED_OUT);
    try (Client client = client()) {
      success(client.kv().txn(Txn.when().then(Get.of("k"))));
    }
    assertThat(second.received).hasSize(1);
  }

  @Test
  void transactionThatWrites_timedOut_isUnknownAndNotRepeated() throws Exception {
    first.failures.add(TIMED_OUT);
    try (Client client = client()) {
      assertThat(failure(client.kv().txn(READ_AND_WRITE)).outcome()).isEqualTo(Outcome.UNKNOWN);
    }
    assertThat(second.received).isEmpty();
  }

  @Test
  void tooManyRequests_putIsRepeated_butNotATransactionThatReadsAfterwards() throws Exception {
    first.failures.add(BUSY);
    first.failures.add(BUSY);
    try (Client client = Client.of(first.endpoint())) {
      success(client.kv().put("k", "v"));
      assertThat(first.received).hasSize(3);

      first.failures.add(BUSY);
      assertThat(failure(client.kv().txn(READ_AND_WRITE)).outcome()).isEqualTo(Outcome.UNKNOWN);
    }
    assertThat(first.received).hasSize(4);
  }

  @Test
  void write_answerBeyondTheClientsLimit_isDone() throws Exception {
    try (Client client = Client.builder(first.endpoint()).maxAnswerBytes(1).build()) {
      assertThat(failure(client.kv().txn(READ_AND_WRITE)).outcome()).isEqualTo(Outcome.DONE);
    }
    assertThat(first.received).hasSize(1);
  }

  @Test
  void call_afterClose_failsAtOnceAsNotDone() throws Exception {
    Client client = client();
    client.close();

    assertThat(failure(client.kv().put("k", "v")).outcome()).isEqualTo(Outcome.NOT_DONE);
    assertThat(first.received).isEmpty();
  }

  static Stream<Arguments> verdicts() {
    return Stream.of(
        Arguments.of(Status.INVALID_ARGUMENT, "etcdserver: key is not provided", Outcome.NOT_DONE),
        Arguments.of(Status.NOT_FOUND, "etcdserver: requested lease not found", Outcome.NOT_DONE),
        Arguments.of(Status.PERMISSION_DENIED, "etcdserver: permission denied", Outcome.NOT_DONE),
        Arguments.of(
            Status.RESOURCE_EXHAUSTED,
            "etcdserver: mvcc: database space exceeded",
            Outcome.NOT_DONE),
        Arguments.of(
            Status.RESOURCE_EXHAUSTED,
            "grpc: received message larger than max (9 vs. 8)",
            Outcome.NOT_DONE),
        Arguments.of(Status.DATA_LOSS, "etcdserver: corrupt cluster", Outcome.NOT_DONE),
        Arguments.of(
            Status.RESOURCE_EXHAUSTED,
            "trying to send message larger than max (9 vs. 8)",
            Outcome.DONE),
        Arguments.of(
            Status.RESOURCE_EXHAUSTED,
            "kvorum: answer of 9 bytes exceeds the read budget of 8 bytes; use limit or RangeStream",
            Outcome.DONE),
        Arguments.of(
            Status.UNAVAILABLE,
            "kvorum: the request took effect, but has no answer: etcdserver: too many requests",
            Outcome.DONE),
        Arguments.of(Status.UNAVAILABLE, "etcdserver: leader changed", Outcome.UNKNOWN),
        Arguments.of(Status.UNAVAILABLE, "etcdserver: server stopped", Outcome.UNKNOWN),
        Arguments.of(Status.DEADLINE_EXCEEDED, "context deadline exceeded", Outcome.UNKNOWN),
        Arguments.of(Status.CANCELLED, "etcdserver: request canceled", Outcome.UNKNOWN),
        Arguments.of(Status.UNKNOWN, "raft proposal dropped", Outcome.UNKNOWN),
        Arguments.of(Status.INTERNAL, "broken", Outcome.UNKNOWN));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void writeThatFailed_byStatusAndText_hasItsOutcomeAndIsNotRepeated(
      Status code, String text, Outcome outcome) throws Exception {
    first.failures.add(code.withDescription(text));
    try (Client client = client()) {
      ClientException failure =
          failure(client.kv().put(Put.of(ByteString.EMPTY, ByteString.EMPTY)));

      assertThat(failure.outcome()).isEqualTo(outcome);
      assertThat(failure.code()).isEqualTo(code.getCode());
      assertThat(failure).hasMessage(text);
    }
    assertThat(first.received).containsExactly(PutRequest.getDefaultInstance());
    assertThat(second.received).isEmpty();
  }
}
