package io.kvorum.client;

import static io.kvorum.client.ScriptedServer.take;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Leases kept alive against servers that stop, stall and forget.
class LeaseTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  private ScriptedServer first;
  private ScriptedServer second;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    first = new ScriptedServer();
    second = new ScriptedServer();
    client = Client.of(first.endpoint(), second.endpoint());
  }

  @AfterEach
  void stop() {
    client.close();
    first.close();
    second.close();
  }

  private static LeaseKeepAliveResponse renewed(long id, long ttlSeconds) {
    return LeaseKeepAliveResponse.newBuilder().setID(id).setTTL(ttlSeconds).build();
  }

  private static long asked(
      ScriptedServer.Stream<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream)
      throws InterruptedException {
    return stream.next().getID();
  }

  private static ClientException lost(KeepAlive keepAlive) throws Exception {
    return keepAlive.lost().get(ScriptedServer.WAIT_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void severalLeases_areRenewedOnOneStream_againAndAgain() throws Exception {
    KeepAlive one = client.lease().keepAlive(1, LONG);
    KeepAlive two = client.lease().keepAlive(2, LONG);
    var stream = take(first.keepAlives);

    assertThat(asked(stream)).isEqualTo(1);
    assertThat(asked(stream)).isEqualTo(2);
    stream.responses().onNext(renewed(2, 600));
    stream.responses().onNext(renewed(1, 1));
    assertThat(asked(stream)).as("a third of a second later").isEqualTo(1);
    stream.responses().onNext(renewed(1, 1));
    assertThat(asked(stream)).isEqualTo(1);

    assertThat(one.renewals()).isEqualTo(2);
    assertThat(two.renewals()).isEqualTo(1);
    assertThat(first.hasLeader).containsExactly("true");
  }

  @Test
  void memberStopped_leaseGoesOnAtTheNextEndpoint() throws Exception {
    KeepAlive keepAlive = client.lease().keepAlive(1, LONG);
    var before = take(first.keepAlives);
    assertThat(asked(before)).isEqualTo(1);
    before.responses().onNext(renewed(1, 600));

    first.close();

    var after = take(second.keepAlives);
    assertThat(asked(after)).isEqualTo(1);
    assertThat(keepAlive.lost()).isNotDone();
  }

  @Test
  void memberThatDoesNotAnswer_isLeftAfterAThirdOfTheTtl() throws Exception {
    KeepAlive keepAlive = client.lease().keepAlive(1, Duration.ofSeconds(3));
    assertThat(asked(take(first.keepAlives))).isEqualTo(1);

    assertThat(asked(take(second.keepAlives))).isEqualTo(1);
    assertThat(keepAlive.lost()).isNotDone();
  }

  @Test
  void leaseTheServerDoesNotKnow_isLost() throws Exception {
    KeepAlive keepAlive = client.lease().keepAlive(1, LONG);
    var stream = take(first.keepAlives);
    asked(stream);
    stream.responses().onNext(renewed(1, 0));

    assertThat(lost(keepAlive))
        .hasMessage("etcdserver: requested lease not found")
        .extracting(ClientException::code)
        .isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void noAnswerWithinTheTtl_leaseIsLost() throws Exception {
    KeepAlive keepAlive = client.lease().keepAlive(1, Duration.ofSeconds(1));

    assertThat(lost(keepAlive).code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void noServerWithinTheTtl_leaseIsLost() throws Exception {
    try (Client alone = Client.of(ScriptedServer.deadEndpoint())) {
      KeepAlive keepAlive = alone.lease().keepAlive(1, Duration.ofSeconds(1));

      assertThat(lost(keepAlive).code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    }
  }

  @Test
  void streamRefusedForGood_leaseIsLost() throws Exception {
    KeepAlive keepAlive = client.lease().keepAlive(1, LONG);
    take(first.keepAlives)
        .responses()
        .onError(Status.PERMISSION_DENIED.withDescription("no").asRuntimeException());

    assertThat(lost(keepAlive).code()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void closedKeepAlive_othersGoOn() throws Exception {
    KeepAlive closed = client.lease().keepAlive(1, LONG);
    client.lease().keepAlive(2, LONG);
    var stream = take(first.keepAlives);
    asked(stream);
    asked(stream);

    closed.close();
    stream.responses().onNext(renewed(1, 0));
    stream.responses().onNext(renewed(2, 1));

    assertThat(asked(stream)).isEqualTo(2);
    assertThat(closed.lost()).isNotDone();
  }
}
