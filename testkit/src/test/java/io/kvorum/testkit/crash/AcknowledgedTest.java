package io.kvorum.testkit.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.crash.Acknowledged.Change;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The audit of the kill test finds what a server could do wrong, on histories made by hand.
class AcknowledgedTest {
  private static final Change FIRST = new Change("a/3", "a-1", false);
  private static final Change SECOND = new Change("b/5", "b-7", false);
  private static final Change UNSURE = new Change("c/9", "c-2", false);

  private final Acknowledged acknowledged = new Acknowledged();
  private final Map<Long, List<Change>> history = new TreeMap<>();

  @BeforeEach
  void twoAnswersAndOneUnknown() {
    acknowledged.acknowledged(4, List.of(FIRST));
    acknowledged.acknowledged(5, List.of(SECOND));
    acknowledged.unknown(List.of(UNSURE));
    history.put(4L, List.of(FIRST));
    history.put(5L, List.of(SECOND));
  }

  @Test
  void historyAsAnswered_unknownAbsentOrThereOnce_isRight() {
    assertThat(acknowledged.compare(history)).isEmpty();

    history.put(6L, List.of(UNSURE));

    assertThat(acknowledged.compare(history)).isEmpty();
  }

  @Test
  void acknowledgedWrite_missing_isFound() {
    history.remove(4L);

    assertThat(acknowledged.compare(history)).singleElement().asString().contains("revision 4");
  }

  @Test
  void acknowledgedWrites_swapped_areFound() {
    history.put(4L, List.of(SECOND));
    history.put(5L, List.of(FIRST));

    assertThat(acknowledged.compare(history)).hasSize(2);
  }

  @Test
  void transaction_cutInHalf_isFound() {
    acknowledged.acknowledged(7, List.of(UNSURE, new Change("c/9/second", "", true)));
    history.put(7L, List.of(UNSURE));

    assertThat(acknowledged.compare(history)).singleElement().asString().contains("revision 7");
  }

  @Test
  void unknownWrite_doneTwice_isFound() {
    history.put(6L, List.of(UNSURE));
    history.put(8L, List.of(UNSURE));

    assertThat(acknowledged.compare(history)).singleElement().asString().contains("done twice");
  }

  @Test
  void write_nobodyAskedFor_isFound() {
    history.put(9L, List.of(new Change("x", "y", false)));

    assertThat(acknowledged.compare(history)).singleElement().asString().contains("nobody asked");
  }
}
