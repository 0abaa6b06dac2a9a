package io.kvorum.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.server.command.ProgramOutdated;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FatalErrorsTest {
  private final List<Integer> halted = new ArrayList<>();
  private final FatalErrors failures = new FatalErrors(halted::add);

  @Test
  void failedSync_stops_withTheStatusOfStorage() {
    failures.stop(new IllegalStateException("log is poisoned", new IOException("EIO")));

    assertThat(halted).containsExactly(FatalErrors.EXIT_BROKEN_STORAGE);
  }

  @Test
  void failedStore_stops_withTheStatusOfStorage() {
    failures.stop(StorageFailure.damaged("revision %d has no history", 17));

    assertThat(halted).containsExactly(FatalErrors.EXIT_BROKEN_STORAGE);
  }

  @Test
  void brokenInvariant_causedByWhatever_isTheProgramsFault() {
    failures.stop(new InvariantViolation("term fell", new IOException("unrelated")));

    assertThat(halted).containsExactly(FatalErrors.EXIT_BROKEN_PROGRAM);
  }

  @Test
  void somethingOfANewerProgram_stops_withAStatusOfItsOwn() {
    failures.stop(new ProgramOutdated("feature level 3"));

    assertThat(halted).containsExactly(FatalErrors.EXIT_OUTDATED_PROGRAM);
  }

  @Test
  void secondFailure_afterTheFirst_changesNothing() {
    failures.stop(new IllegalStateException("first"));
    failures.stop(new IOException("second"));

    assertThat(halted).containsExactly(FatalErrors.EXIT_BROKEN_PROGRAM);
  }
}
