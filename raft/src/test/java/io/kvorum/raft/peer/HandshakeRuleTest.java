package io.kvorum.raft.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.HandshakeRule.Known;
import io.kvorum.raft.peer.HandshakeRule.Verdict;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// This member is 1 of cluster 100; member 2 is known with store 20 and boot 5; 9 was removed.
class HandshakeRuleTest {
  private final HandshakeRule rule =
      new HandshakeRule(
          new PeerIdentity(100, new MemberId(1), new UUID(0, 10), 3),
          member -> member.equals(new MemberId(9)));

  @ParameterizedTest
  @CsvSource({
    // version, cluster, member, store, boot, verdict
    "1, 100, 2, 20, 5, ACCEPTED",
    "1, 100, 2, 20, 6, ACCEPTED",
    "7, 100, 2, 20, 5, ACCEPTED",
    "1, 100, 3, 30, 1, ACCEPTED",
    "0, 100, 2, 20, 5, UNSUPPORTED_VERSION",
    "0, 101, 2, 20, 5, UNSUPPORTED_VERSION",
    "1, 101, 2, 20, 5, WRONG_CLUSTER",
    "1, 101, 9, 90, 5, WRONG_CLUSTER",
    "1, 100, 9, 90, 5, REMOVED",
    "1, 100, 2, 21, 5, STORE_REPLACED",
    "1, 100, 2, 21, 4, STORE_REPLACED",
    "1, 100, 2, 21, 6, STORE_REPLACED",
    "1, 100, 2, 20, 4, OUTDATED_BOOT",
    "1, 100, 1, 10, 3, STORE_REPLACED",
    "1, 100, 1, 11, 9, STORE_REPLACED",
  })
  void greeting_judged_getsItsVerdict(
      int version, long cluster, long member, long store, long boot, Verdict verdict) {
    PeerIdentity sender = new PeerIdentity(cluster, new MemberId(member), new UUID(0, store), boot);
    Optional<Known> known =
        member == 2 ? Optional.of(new Known(new UUID(0, 20), 5)) : Optional.empty();

    assertThat(rule.judge(version, sender, known)).isEqualTo(verdict);
  }
}
