package io.kvorum.server.apply;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.lease.LeaseId;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.server.command.CommandCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Stories of leases on their leader, on the test's time (api.md §3.4, design §8).
class LeaseDeskTest {
  private static final LeaseId LEASE_7 = new LeaseId(7);

  @TempDir Path directory;
  private Workbench bench;

  @BeforeEach
  void open() {
    bench = new Workbench(directory);
    bench.becomeLeader(3);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void lease_timeUp_isRevokedWithItsKeysAtTheNextTick() {
    grant(7, 10);
    bench.put("a", "1", 7);

    bench.tick(Duration.ofMillis(9_999));
    assertThat(bench.keys()).containsExactly("a");
    bench.tick(Duration.ofMillis(1));

    assertThat(bench.keys()).isEmpty();
    assertThat(bench.machine.leaseBook().leases().size()).isZero();
  }

  @Test
  void lease_keptAlive_livesOn_andNothingIsLogged() {
    grant(7, 10);
    bench.put("a", "1", 7);
    int logged = bench.log.size();

    for (int i = 0; i < 30; i++) {
      assertThat(keepAlive(LEASE_7).events).containsExactly(new Lessor.KeepAlive.Renewed(10, 2));
      bench.tick(Duration.ofSeconds(3));
    }

    assertThat(bench.keys()).containsExactly("a");
    assertThat(bench.log).hasSize(logged);
  }

  /// Case 39.
  @Test
  void missingLease_keptAlive_isGone_askedForItsTime_isAbsent() {
    assertThat(keepAlive(LEASE_7).events).containsExactly(new Lessor.KeepAlive.Gone(1));
    assertThat(timeToLive(LEASE_7, Lessor.Keys.INCLUDED).events)
        .containsExactly(new Lessor.TimeToLive.Absent(1));
  }

  @Test
  void expiredLease_keptAliveBeforeItsRevoke_waitsAndIsGone() {
    grant(7, 10);
    bench.clock.advance(Duration.ofSeconds(10));

    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);
    assertThat(answer.events).isEmpty();
    bench.tick(Duration.ofMillis(500));

    assertThat(answer.events).containsExactly(new Lessor.KeepAlive.Gone(1));
  }

  @Test
  void expiredLease_revokeNeverComes_keepAliveTimesOut() {
    grant(7, 10);
    bench.clock.advance(Duration.ofSeconds(10));
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);

    bench.leases.tick(bench.clock.advance(Duration.ofSeconds(7)));
    bench.settle();

    assertThat(answer.events).containsExactly(LeaseFailure.TIMED_OUT);
  }

  @Test
  void timeToLive_tellsTruncatedRestAndKeys() {
    grant(7, 10);
    bench.put("b", "1", 7);
    bench.put("a", "1", 7);
    bench.clock.advance(Duration.ofMillis(2_500));

    assertThat(timeToLive(LEASE_7, Lessor.Keys.INCLUDED).events)
        .containsExactly(
            new Lessor.TimeToLive.Alive(
                7, 10, List.of(Workbench.bytes("a"), Workbench.bytes("b")), 3));
    assertThat(timeToLive(LEASE_7, Lessor.Keys.LEFT_OUT).events)
        .containsExactly(new Lessor.TimeToLive.Alive(7, 10, List.of(), 3));
  }

  @Test
  void unattendedLease_restart_keepsItsTimeLeft() {
    grant(7, 100);
    bench.tick(Duration.ofSeconds(10));
    bench.tick(Duration.ofSeconds(10));

    restart();

    assertThat(timeToLive(LEASE_7, Lessor.Keys.LEFT_OUT).events)
        .containsExactly(new Lessor.TimeToLive.Alive(81, 100, List.of(), 1));
  }

  @Test
  void notedLease_keptAlive_isAnsweredOnlyWhenTheClearIsApplied() {
    grant(7, 100);
    bench.tick(Duration.ofSeconds(10));

    Answers<Lessor.KeepAlive> first = keepAlive(LEASE_7);
    Answers<Lessor.KeepAlive> second = keepAlive(LEASE_7);
    assertThat(first.events).isEmpty();
    bench.applyAll();

    assertThat(first.events).containsExactly(new Lessor.KeepAlive.Renewed(100, 1));
    assertThat(second.events).containsExactly(new Lessor.KeepAlive.Renewed(100, 1));
    restart();
    assertThat(timeToLive(LEASE_7, Lessor.Keys.LEFT_OUT).events)
        .containsExactly(new Lessor.TimeToLive.Alive(101, 100, List.of(), 1));
  }

  @Test
  void manyNotedLeases_keptAliveTogether_areClearedByOneEntry() {
    grant(7, 100);
    grant(8, 100);
    bench.tick(Duration.ofSeconds(10));
    int logged = bench.log.size();

    serve(new KeepAlive(LEASE_7, new Answers<>()));
    serve(new KeepAlive(new LeaseId(8), new Answers<>()));
    bench.settle();

    assertThat(bench.log).hasSize(logged + 1);
    LogCommand clear = CommandCodec.decode(bench.log.getLast().payload());
    assertThat(clear.getLeaseCheckpoints().getCheckpointsCount()).isEqualTo(2);
  }

  @Test
  void clearOfUnknownOutcome_keepAliveFails_andTheNextOneClearsAgain() {
    grant(7, 100);
    bench.tick(Duration.ofSeconds(10));
    Answers<Lessor.KeepAlive> first = keepAlive(LEASE_7);

    bench.proposals.tick(bench.clock.advance(Duration.ofSeconds(7)));
    bench.settle();
    assertThat(first.events).containsExactly(LeaseFailure.TIMED_OUT);
    Answers<Lessor.KeepAlive> second = keepAlive(LEASE_7);
    assertThat(second.events).isEmpty();
    bench.applyAll();

    assertThat(second.events).containsExactly(new Lessor.KeepAlive.Renewed(100, 1));
  }

  @Test
  void revokedWhileTheClearIsUnderWay_keepAliveIsGone() {
    grant(7, 100);
    bench.tick(Duration.ofSeconds(10));
    bench.propose(LogCommand.newBuilder().setLeaseRevoke(LeaseRevokeRequest.newBuilder().setID(7)));
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);

    bench.applyAll();

    assertThat(answer.events).containsExactly(new Lessor.KeepAlive.Gone(1));
  }

  /// Case 41.
  @Test
  void leadershipReturns_leaseLivesFullTimeAndGraceFromThere() {
    grant(7, 10);
    bench.put("a", "1", 7);
    bench.clock.advance(Duration.ofSeconds(9));
    bench.follow(4);
    bench.clock.advance(Duration.ofSeconds(60));
    bench.becomeLeader(5);

    bench.tick(Duration.ofMillis(10_999));
    assertThat(bench.keys()).containsExactly("a");
    bench.tick(Duration.ofMillis(1));

    assertThat(bench.keys()).isEmpty();
  }

  @Test
  void follower_neverExpiresAndIsNotAsked() {
    grant(7, 10);
    bench.put("a", "1", 7);
    bench.follow(4);

    bench.tick(Duration.ofHours(1));

    assertThat(bench.keys()).containsExactly("a");
    assertThat(keepAlive(LEASE_7).events).containsExactly(LeaseFailure.NOT_PRIMARY);
  }

  @Test
  void leadershipLost_waitingKeepAliveFails_andItsExpiryIsIgnored() {
    grant(7, 10);
    bench.clock.advance(Duration.ofSeconds(10));
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);
    bench.leases.tick(bench.clock.advance(Duration.ofMillis(500)));

    bench.follow(4);
    bench.settle();

    assertThat(answer.events).containsExactly(LeaseFailure.NOT_PRIMARY);
  }

  @Test
  void noLeaderYet_requestWaitsForOne() {
    bench.close();
    bench = new Workbench(directory);
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);
    assertThat(answer.events).isEmpty();

    bench.becomeLeader(4);
    bench.settle();

    assertThat(answer.events).containsExactly(new Lessor.KeepAlive.Gone(1));
  }

  @Test
  void noLeaderAtAll_requestTimesOut() {
    bench.close();
    bench = new Workbench(directory);
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);

    bench.leases.tick(bench.clock.advance(Duration.ofSeconds(7)));
    bench.settle();

    assertThat(answer.events).containsExactly(LeaseFailure.NO_LEADER);
  }

  @Test
  void massOfLeases_timeUp_expireInBoundedEntries() {
    for (int id = 1; id <= 1_200; id++) {
      bench.propose(grantOf(id, 10));
    }
    bench.applyAll();

    bench.tick(Duration.ofSeconds(10));

    assertThat(bench.machine.leaseBook().leases().size()).isEqualTo(700);
    bench.tick(Duration.ofMillis(500));
    bench.tick(Duration.ofMillis(500));
    assertThat(bench.machine.leaseBook().leases().size()).isZero();
  }

  @Test
  void memberStops_waitingRequestsFail() {
    grant(7, 10);
    bench.clock.advance(Duration.ofSeconds(10));
    Answers<Lessor.KeepAlive> answer = keepAlive(LEASE_7);

    bench.leases.close();
    bench.loop.runAll();

    assertThat(answer.events).containsExactly(LeaseFailure.STOPPED);
  }

  @Test
  void leases_listed_onTheLeaderByTimeLeft_elsewhereById() {
    grant(7, 100);
    grant(8, 10);

    assertThat(bench.leases.list()).containsExactly(new LeaseId(8), LEASE_7);
    bench.follow(4);
    assertThat(bench.leases.list()).containsExactly(LEASE_7, new LeaseId(8));
  }

  private void restart() {
    bench.close();
    bench = new Workbench(directory);
    bench.becomeLeader(9);
  }

  private void grant(long id, long ttlSeconds) {
    bench.applied(grantOf(id, ttlSeconds));
  }

  private static LogCommand.Builder grantOf(long id, long ttlSeconds) {
    return LogCommand.newBuilder()
        .setLeaseGrant(LeaseGrantRequest.newBuilder().setID(id).setTTL(ttlSeconds));
  }

  /// A keep-alive as [LeaseRequests] brings it.
  private record KeepAlive(LeaseId lease, Answers<Lessor.KeepAlive> answers) {}

  private void serve(KeepAlive request) {
    LeaseRequests requests = requests();
    requests.keepAlive(request.lease(), bench.loop, request.answers());
    runInbox();
  }

  private Answers<Lessor.KeepAlive> keepAlive(LeaseId lease) {
    Answers<Lessor.KeepAlive> answers = new Answers<>();
    serve(new KeepAlive(lease, answers));
    bench.settle();
    return answers;
  }

  private Answers<Lessor.TimeToLive> timeToLive(LeaseId lease, Lessor.Keys keys) {
    Answers<Lessor.TimeToLive> answers = new Answers<>();
    requests().timeToLive(lease, keys, bench.loop, answers);
    runInbox();
    bench.settle();
    return answers;
  }

  private LeaseRequests requests() {
    return new LeaseRequests(bench.leases, bench.store, bench.inbox);
  }

  private void runInbox() {
    try {
      bench.inbox.take(0).tasks().forEach(task -> task.run(bench.clock.getAsLong()));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static final class Answers<T> implements Lessor.Callback<T> {
    final List<Object> events = new ArrayList<>();

    @Override
    public void answered(T answer) {
      events.add(answer);
    }

    @Override
    public void failed(LeaseFailure failure) {
      events.add(failure);
    }
  }
}
