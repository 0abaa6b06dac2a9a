package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.membership.MemberId;
import org.junit.jupiter.api.Test;

class EntryIdTest {
  @Test
  void laterTermAtLowerIndex_compared_isNewer() {
    EntryId shortAndNew = new EntryId(5, 17);
    EntryId longAndOld = new EntryId(3, 90);

    assertThat(shortAndNew).isGreaterThan(longAndOld);
    assertThat(new EntryId(5, 18)).isGreaterThan(shortAndNew);
  }

  @Test
  void negativeIndex_constructed_isABrokenProgram() {
    assertThatThrownBy(() -> new EntryId(3, -1)).isInstanceOf(InvariantViolation.class);
  }

  @Test
  void memberIdAboveTheSignedRange_comparedAndShown_isUnsigned() {
    MemberId high = new MemberId(0x8e9e05c52164694dL);

    assertThat(high).isGreaterThan(new MemberId(17)).hasToString("8e9e05c52164694d");
  }
}
