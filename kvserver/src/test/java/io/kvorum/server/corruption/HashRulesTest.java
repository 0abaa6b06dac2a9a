package io.kvorum.server.corruption;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.mvcc.HashResult;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.PeerAnswer;
import io.kvorum.server.cluster.PeerAnswer.CompactedRevision;
import io.kvorum.server.cluster.PeerAnswer.FutureRevision;
import io.kvorum.server.cluster.PeerAnswer.Hashed;
import io.kvorum.server.corruption.CompactionRule.Verdict;
import io.kvorum.server.corruption.PeriodicRule.Reason;
import io.kvorum.server.corruption.PeriodicRule.Suspect;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The rows of operations.md §5.9, with answers made by hand: member 1 compares, at revision 40
/// under the compacted revision 30, and has come to 45 when it looks again.
class HashRulesTest {
  private static final MemberId ONE = new MemberId(1);
  private static final MemberId TWO = new MemberId(2);
  private static final MemberId THREE = new MemberId(3);
  private static final int GOOD = 7001;
  private static final int BAD = 6666;
  private static final Hashed BEFORE = hashed(GOOD, 30, 40, 40);
  private static final Hashed AFTER = hashed(7002, 30, 45, 45);
  private static final Hashed HEALTHY = hashed(GOOD, 30, 40, 43);

  private static Hashed hashed(int hash, long compactRevision, long revision, long head) {
    return new Hashed(new HashResult(hash, compactRevision, revision), head);
  }

  private static NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said(
      Optional<PeerAnswer.Hash> two, Optional<PeerAnswer.Hash> three) {
    NavigableMap<MemberId, Optional<PeerAnswer.Hash>> said = new TreeMap<>();
    said.put(TWO, two);
    said.put(THREE, three);
    return said;
  }

  private static Optional<Suspect> periodic(PeerAnswer.Hash two) {
    return PeriodicRule.judge(ONE, BEFORE, AFTER, said(Optional.of(two), Optional.of(HEALTHY)));
  }

  private static Verdict compaction(PeerAnswer.Hash two, PeerAnswer.Hash three) {
    return CompactionRule.judge(ONE, BEFORE.of(), said(Optional.of(two), Optional.of(three)));
  }

  @Test
  void start_peerSaysWhatItMay_isAWarningUnlessTheHashDiffers() {
    HashResult own = BEFORE.of();

    assertThat(StartRule.judge(own, Optional.of(HEALTHY))).isEqualTo(StartRule.SAME);
    assertThat(StartRule.judge(own, Optional.of(hashed(BAD, 30, 40, 40))))
        .isEqualTo(StartRule.OTHER_HASH);
    assertThat(StartRule.judge(own, Optional.of(hashed(BAD, 31, 40, 40))))
        .isEqualTo(StartRule.OTHER_COMPACTION);
    assertThat(StartRule.judge(own, Optional.of(new FutureRevision(39))))
        .isEqualTo(StartRule.PEER_BEHIND);
    assertThat(StartRule.judge(own, Optional.of(new CompactedRevision(41))))
        .isEqualTo(StartRule.MEMBER_BEHIND);
    assertThat(StartRule.judge(own, Optional.empty())).isEqualTo(StartRule.NO_ANSWER);
  }

  @ParameterizedTest
  @EnumSource(StartRule.class)
  void start_everyFindingButAnotherHash_letsTheMemberServe(StartRule finding) {
    assertThat(finding.isInconsistent()).isEqualTo(finding == StartRule.OTHER_HASH);
  }

  @Test
  void periodic_allTheSame_nobodyIsSuspected() {
    assertThat(periodic(HEALTHY)).isEmpty();
    assertThat(periodic(hashed(GOOD, 30, 40, 45))).isEmpty();
  }

  @Test
  void periodic_otherHashUnderTheSameCompaction_isSuspected() {
    assertThat(periodic(hashed(BAD, 30, 40, 43))).contains(new Suspect(TWO, Reason.OTHER_HASH));
  }

  @Test
  void periodic_otherHashUnderAnotherCompaction_saysNothing() {
    assertThat(periodic(hashed(BAD, 29, 40, 43))).isEmpty();
  }

  @Test
  void periodic_largerRevisionThanTheLeaders_isSuspected() {
    assertThat(periodic(hashed(GOOD, 30, 40, 46)))
        .contains(new Suspect(TWO, Reason.REVISION_AHEAD));
  }

  @Test
  void periodic_largerCompactRevisionThanTheLeaders_isSuspected() {
    assertThat(periodic(hashed(BAD, 31, 40, 43)))
        .contains(new Suspect(TWO, Reason.COMPACTION_AHEAD));
    assertThat(periodic(new CompactedRevision(41)))
        .contains(new Suspect(TWO, Reason.COMPACTION_AHEAD));
  }

  @Test
  void periodic_leaderCompactsMeanwhile_nobodyIsSuspected() {
    Hashed after = hashed(7002, 41, 45, 45);

    assertThat(
            PeriodicRule.judge(
                ONE,
                BEFORE,
                after,
                said(Optional.of(new CompactedRevision(41)), Optional.of(HEALTHY))))
        .isEmpty();
  }

  @Test
  void periodic_peerBehindOrSilent_saysNothing() {
    assertThat(periodic(new FutureRevision(39))).isEmpty();
    assertThat(PeriodicRule.judge(ONE, BEFORE, AFTER, said(Optional.empty(), Optional.empty())))
        .isEmpty();
  }

  @Test
  void periodic_twoDiffer_oneIsSuspectedInARound() {
    Optional<PeerAnswer.Hash> bad = Optional.of(hashed(BAD, 30, 40, 43));

    assertThat(PeriodicRule.judge(ONE, BEFORE, AFTER, said(bad, bad)))
        .contains(new Suspect(TWO, Reason.OTHER_HASH));
  }

  @Test
  void periodic_ownHashChangesWithoutAWrite_isSuspectedFirst() {
    Hashed after = hashed(BAD, 30, 40, 40);

    assertThat(
            PeriodicRule.judge(
                ONE,
                BEFORE,
                after,
                said(Optional.of(hashed(BAD, 30, 40, 40)), Optional.of(HEALTHY))))
        .contains(new Suspect(ONE, Reason.OWN_HASH_CHANGED));
  }

  @Test
  void compaction_allTheSame_isSettled() {
    assertThat(compaction(HEALTHY, HEALTHY)).isEqualTo(new Verdict.Same());
  }

  @Test
  void compaction_oneDiffers_isTheMinority_evenTheLeader() {
    Hashed bad = hashed(BAD, 30, 40, 43);

    assertThat(compaction(bad, HEALTHY)).isEqualTo(new Verdict.Minority(List.of(TWO)));
    assertThat(compaction(bad, bad)).isEqualTo(new Verdict.Minority(List.of(ONE)));
  }

  @Test
  void compaction_eachDiffers_hasNoMajority() {
    assertThat(compaction(hashed(BAD, 30, 40, 43), hashed(BAD + 1, 30, 40, 43)))
        .isEqualTo(new Verdict.NoMajority());
  }

  @Test
  void compaction_oneDiffersAndOneIsSilent_hasNoMajority() {
    assertThat(
            CompactionRule.judge(
                ONE, BEFORE.of(), said(Optional.of(hashed(BAD, 30, 40, 43)), Optional.empty())))
        .isEqualTo(new Verdict.NoMajority());
  }

  @Test
  void compaction_oneDidNotKeepIt_anEarlierOneIsLookedAt() {
    assertThat(compaction(new CompactedRevision(50), HEALTHY)).isEqualTo(new Verdict.Incomplete());
    assertThat(compaction(hashed(BAD, 29, 40, 43), HEALTHY)).isEqualTo(new Verdict.Incomplete());
    assertThat(CompactionRule.judge(ONE, BEFORE.of(), said(Optional.empty(), Optional.of(HEALTHY))))
        .isEqualTo(new Verdict.Incomplete());
  }
}
