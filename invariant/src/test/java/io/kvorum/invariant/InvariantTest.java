package io.kvorum.invariant;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class InvariantTest {
  @Test
  void brokenCondition_checked_throwsWithItsNumbers() {
    long term = 3;

    assertThatThrownBy(() -> Invariant.check(term >= 17, "term %d behind %d", term, 17))
        .isInstanceOf(InvariantViolation.class)
        .hasMessage("term 3 behind 17");
  }

  @Test
  void holdingCondition_checked_doesNotFormat() {
    assertThatCode(() -> Invariant.check(true, "never shown: %d", 17)).doesNotThrowAnyException();
  }

  @Test
  void ownedState_enteredByAnotherThread_fails() throws InterruptedException {
    OwnerThread owner = new OwnerThread("Ledger");
    Thread first = new Thread(owner::check, "apply");
    first.start();
    first.join();

    assertThatThrownBy(owner::check)
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("owned by thread apply");
  }
}
