package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.ManualLoop;
import io.kvorum.server.apply.LeaseFailure;
import io.kvorum.server.read.ReadFailure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeadershipProofTest {
  private static final MemberId SELF = new MemberId(1);
  private static final MemberId SUCCESSOR = new MemberId(2);

  private final Statuses status = new Statuses(SELF);
  private final HeldReads reads = new HeldReads();
  private final ManualLoop loop = new ManualLoop();
  private final LeadershipProof proof = new LeadershipProof(status, reads);
  private final List<Object> outcomes = new ArrayList<>();

  @Test
  void leader_readConfirmed_isProven() {
    status.lead(3);
    assertThat(proof.term()).hasValue(3);

    prove(3);
    assertThat(outcomes).isEmpty();
    reads.confirm();
    assertThat(outcomes).as("only on its loop").isEmpty();
    loop.runAll();

    assertThat(outcomes).containsExactly("proven");
  }

  /// The read was confirmed all the same: by the successor, who was asked by then.
  @Test
  void leaderDeposedMeanwhile_readConfirmed_isNotProven() {
    status.lead(3);
    prove(3);

    status.follow(SUCCESSOR, 4);
    reads.confirm();
    loop.runAll();

    assertThat(outcomes).containsExactly(LeaseFailure.NOT_PRIMARY);
  }

  @Test
  void leadershipLostAndWonAgain_readConfirmed_isNotProven() {
    status.lead(3);
    prove(3);

    status.lead(5);
    reads.confirm();
    loop.runAll();

    assertThat(outcomes).containsExactly(LeaseFailure.NOT_PRIMARY);
  }

  /// A read says nothing about what came after it was asked.
  @Test
  void askedWhileAReadIsUnderWay_allShareTheNextOne() {
    status.lead(3);
    prove(3);
    prove(3);
    prove(3);
    assertThat(reads.waiting()).isEqualTo(1);

    reads.confirm();
    loop.runAll();
    assertThat(outcomes).containsExactly("proven");
    assertThat(reads.waiting()).isEqualTo(1);
    reads.confirm();
    loop.runAll();

    assertThat(outcomes).containsExactly("proven", "proven", "proven");
    assertThat(reads.waiting()).isZero();
  }

  @Test
  void readFails_reasonIsPassedOn_andTheNextIsAsked() {
    status.lead(3);
    for (ReadFailure failure : ReadFailure.values()) {
      prove(3);
      reads.fail(failure);
    }
    loop.runAll();

    assertThat(outcomes)
        .containsExactly(
            LeaseFailure.TIMED_OUT,
            LeaseFailure.NOT_PRIMARY,
            LeaseFailure.TOO_MANY_REQUESTS,
            LeaseFailure.STOPPED);
  }

  @Test
  void follower_hasNoTerm() {
    status.follow(SUCCESSOR, 4);

    assertThat(proof.term()).isEmpty();
  }

  private void prove(long term) {
    proof.prove(
        term,
        loop,
        new LeadershipProof.Callback() {
          @Override
          public void proven() {
            outcomes.add("proven");
          }

          @Override
          public void failed(LeaseFailure failure) {
            outcomes.add(failure);
          }
        });
  }
}
