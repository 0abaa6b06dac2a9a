package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.LeaseGrpc.LeaseBlockingStub;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveResponse;
import io.kvorum.proto.etcd.LeaseLeasesRequest;
import io.kvorum.proto.etcd.LeaseLeasesResponse;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.proto.etcd.LeaseStatus;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.apply.Lessor;
import io.kvorum.server.apply.Lessor.KeepAlive;
import io.kvorum.server.apply.Lessor.LeaseList;
import io.kvorum.server.apply.Lessor.TimeToLive;
import io.kvorum.server.command.Rejection;
import io.kvorum.server.grpc.ScriptedLessor.Asked;
import io.kvorum.server.grpc.ScriptedLessor.TimeQuestion;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `api.md` §3.4 and §8 cases 37 to 40.
class LeaseServiceTest {
  @TempDir Path directory;
  private ServedStore served;
  private LeaseBlockingStub leases;

  @BeforeEach
  void serve() throws Exception {
    served = ServedStore.in(directory.resolve("db"));
    leases = LeaseGrpc.newBlockingStub(served.channel());
  }

  @AfterEach
  void stop() {
    served.close();
  }

  @Test
  void grantWithoutId_proposed_hasPositiveIdAndAtLeastTheMinimumTtl() {
    served.commands.apply(LeaseGrantResponse.newBuilder().setID(9).setTTL(2).build(), 4);

    LeaseGrantResponse response =
        leases.leaseGrant(LeaseGrantRequest.newBuilder().setTTL(-3).build());

    LeaseGrantRequest logged = served.commands.proposed().getFirst().getLeaseGrant();
    assertThat(logged.getID()).isPositive();
    assertThat(logged.getTTL()).isEqualTo(ServedStore.MIN_TTL_SECONDS);
    assertThat(response.getID()).isEqualTo(9);
    assertThat(response.getTTL()).isEqualTo(2);
    assertThat(response.getHeader()).isEqualTo(served.headers.at(4));
    assertThat(response.getError()).isEmpty();
  }

  /// Case 37.
  @Test
  void grantWithNegativeId_proposed_keepsIdAndTtl() {
    served.commands.apply(LeaseGrantResponse.getDefaultInstance(), 4);
    LeaseGrantRequest request =
        LeaseGrantRequest.newBuilder().setID(Long.MIN_VALUE).setTTL(9_000_000_000L).build();

    leases.leaseGrant(request);

    assertThat(served.commands.proposed())
        .containsExactly(LogCommand.newBuilder().setLeaseGrant(request).build());
  }

  /// Case 38.
  @Test
  void grantOfTooLongOrUsedLease_asked_isRefused() {
    served.commands.reject(new Rejection.LeaseTtlTooLarge(9_000_000_001L));
    assertThat(
            Calls.failureOf(
                    () ->
                        leases.leaseGrant(
                            LeaseGrantRequest.newBuilder().setTTL(9_000_000_001L).build()))
                .getDescription())
        .isEqualTo("etcdserver: too large lease TTL");
    served.commands.reject(new Rejection.LeaseExists(new LeaseId(7)));
    assertThat(
            Calls.failureOf(
                    () ->
                        leases.leaseGrant(
                            LeaseGrantRequest.newBuilder().setID(7).setTTL(5).build()))
                .getDescription())
        .isEqualTo("etcdserver: lease already exists");
  }

  @Test
  void revoke_applied_hasHeader() {
    served.commands.apply(LeaseRevokeResponse.getDefaultInstance(), 6);

    LeaseRevokeResponse response =
        leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(7).build());

    assertThat(response.getHeader()).isEqualTo(served.headers.at(6));
  }

  @Test
  void keepAlives_answeredOutOfOrder_areSentInOrder() {
    KeepAlives stream = new KeepAlives();
    stream.ask(7);
    stream.ask(8);
    stream.ask(9);
    Asked<KeepAlive> first = served.lessor.next();
    Asked<KeepAlive> second = served.lessor.next();
    Asked<KeepAlive> third = served.lessor.next();

    third.answer(new KeepAlive.Renewed(90, 13));
    second.answer(new KeepAlive.Gone(12));
    first.answer(new KeepAlive.Renewed(70, 11));

    assertThat(stream.next()).isEqualTo(response(7, 70, 11));
    assertThat(stream.next()).as("case 39").isEqualTo(response(8, 0, 12));
    assertThat(stream.next()).isEqualTo(response(9, 90, 13));
    stream.requests.onCompleted();
    assertThat(stream.next()).isEqualTo(Status.OK);
  }

  /// KeepAliveOnce of the clients: one request, half-close, then the answer.
  @Test
  void keepAlive_clientHalfClosesBeforeTheAnswer_endsAfterIt() {
    KeepAlives stream = new KeepAlives();
    stream.ask(7);
    stream.requests.onCompleted();

    served.lessor.<KeepAlive>next().answer(new KeepAlive.Renewed(70, 11));

    assertThat(stream.next()).isEqualTo(response(7, 70, 11));
    assertThat(stream.next()).isEqualTo(Status.OK);
  }

  @Test
  void keepAlive_lessorFails_endsTheStream() {
    KeepAlives stream = new KeepAlives();
    stream.ask(7);

    served.lessor.<KeepAlive>next().fail(LeaseFailure.NO_LEADER);

    assertThat(((Status) stream.next()).getDescription()).isEqualTo("etcdserver: no leader");
  }

  @Test
  void manyKeepAlives_sentAtOnce_areAllAnswered() {
    KeepAlives stream = new KeepAlives();
    int count = 3 * KeepAliveStream.MAX_OPEN_REQUESTS;
    for (int i = 1; i <= count; i++) {
      stream.ask(i);
    }

    for (int i = 1; i <= count; i++) {
      Asked<KeepAlive> asked = served.lessor.next();
      assertThat(asked.about()).isEqualTo(new LeaseId(i));
      asked.answer(new KeepAlive.Renewed(5, 1));
    }

    for (int i = 1; i <= count; i++) {
      assertThat(stream.next()).isEqualTo(response(i, 5, 1));
    }
  }

  @Test
  void timeToLive_leaseAlive_tellsRestAndKeys() throws Exception {
    Future<LeaseTimeToLiveResponse> answer =
        Calls.start(
            () ->
                leases.leaseTimeToLive(
                    LeaseTimeToLiveRequest.newBuilder().setID(7).setKeys(true).build()));
    Asked<TimeToLive> asked = served.lessor.next();

    asked.answer(new TimeToLive.Alive(41, 60, List.of(bytes("a"), bytes("b")), 5));

    assertThat(asked.about()).isEqualTo(new TimeQuestion(new LeaseId(7), Lessor.Keys.INCLUDED));
    assertThat(answer.get())
        .isEqualTo(
            LeaseTimeToLiveResponse.newBuilder()
                .setHeader(served.headers.at(5))
                .setID(7)
                .setTTL(41)
                .setGrantedTTL(60)
                .addKeys(bytes("a"))
                .addKeys(bytes("b"))
                .build());
  }

  /// Cases 39 and 40.
  @Test
  void timeToLive_leaseAbsent_isMinusOneWithoutGrant() throws Exception {
    Future<LeaseTimeToLiveResponse> answer =
        Calls.start(
            () -> leases.leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder().setID(7).build()));

    served.lessor.<TimeToLive>next().answer(new TimeToLive.Absent(5));

    assertThat(answer.get())
        .isEqualTo(
            LeaseTimeToLiveResponse.newBuilder()
                .setHeader(served.headers.at(5))
                .setID(7)
                .setTTL(-1)
                .build());
  }

  @Test
  void leases_listed_keepTheirOrder() throws Exception {
    Future<LeaseLeasesResponse> answer =
        Calls.start(() -> leases.leaseLeases(LeaseLeasesRequest.getDefaultInstance()));

    served
        .lessor
        .<LeaseList>next()
        .answer(new LeaseList(List.of(new LeaseId(9), new LeaseId(-1)), 5));

    assertThat(answer.get().getLeasesList())
        .containsExactly(
            LeaseStatus.newBuilder().setID(9).build(), LeaseStatus.newBuilder().setID(-1).build());
    assertThat(answer.get().getHeader()).isEqualTo(served.headers.at(5));
  }

  private LeaseKeepAliveResponse response(long id, long ttlSeconds, long revision) {
    return LeaseKeepAliveResponse.newBuilder()
        .setHeader(served.headers.at(revision))
        .setID(id)
        .setTTL(ttlSeconds)
        .build();
  }

  private final class KeepAlives implements StreamObserver<LeaseKeepAliveResponse> {
    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
    private final StreamObserver<LeaseKeepAliveRequest> requests =
        LeaseGrpc.newStub(served.channel()).leaseKeepAlive(this);

    void ask(long lease) {
      requests.onNext(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
    }

    /// The next response or the status at the end.
    Object next() {
      try {
        return arrived.poll(20, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void onNext(LeaseKeepAliveResponse response) {
      arrived.add(response);
    }

    @Override
    public void onError(Throwable failure) {
      arrived.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      arrived.add(Status.OK);
    }
  }
}
