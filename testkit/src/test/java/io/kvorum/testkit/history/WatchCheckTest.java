package io.kvorum.testkit.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.history.WatchRecord.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchCheckTest {
  private static final Change A1 = Change.put("a", "1");
  private static final Change A2 = Change.put("a", "2");
  private static final Change B = Change.put("b", "3");
  private static final Change GONE = Change.delete("a");

  /// Revisions 2 to 5; 4 changes two keys.
  private final Committed committed =
      new Committed()
          .add(2, List.of(A1))
          .add(3, List.of(Change.put("z", "other")))
          .add(4, List.of(A2, B))
          .add(5, List.of(GONE));

  private final WatchRecord watch = new WatchRecord("a", "c", 2);

  @Test
  void everything_inOrder_isFine() {
    watch.events(List.of(event(2, A1))).progress(3);
    watch.events(List.of(event(4, A2), event(4, B), event(5, GONE))).progress(5);

    assertThat(WatchCheck.violations(watch, committed, 5)).isEmpty();
  }

  @Test
  void endNotYetHeard_isFine() {
    watch.events(List.of(event(2, A1)));

    assertThat(WatchCheck.violations(watch, committed, 3)).isEmpty();
  }

  @Test
  void eventLeftOut_isNoticed() {
    watch.events(List.of(event(2, A1))).events(List.of(event(5, GONE)));

    assertFound("is missing");
  }

  @Test
  void endMissing_isNoticed() {
    watch.events(List.of(event(2, A1), event(4, A2), event(4, B)));

    assertFound("came in its place");
  }

  @Test
  void eventTwice_isNoticed() {
    watch.events(List.of(event(2, A1))).events(List.of(event(2, A1)));

    assertFound("had been sent");
  }

  @Test
  void eventsOutOfOrder_isNoticed() {
    watch.events(List.of(event(4, A2), event(4, B), event(2, A1)));

    assertFound("comes after revision 4");
  }

  @Test
  void revisionInTwoResponses_isNoticed() {
    watch.events(List.of(event(2, A1), event(4, A2))).events(List.of(event(4, B)));

    assertFound("had been sent");
  }

  @Test
  void eventThatNeverHappened_isNoticed() {
    watch.events(List.of(event(2, A1), event(4, A2), event(4, B), event(5, GONE)));
    watch.events(List.of(event(6, A1)));

    assertFound("never happened");
  }

  @Test
  void eventOfAnotherKey_isNoticed() {
    watch.events(List.of(event(2, A1), event(3, Change.put("z", "other"))));

    assertFound("came in its place");
  }

  @Test
  void progressTooFar_isNoticed() {
    watch.progress(4).events(List.of(event(4, A2), event(4, B)));

    assertFound("had been sent");
  }

  @Test
  void progressPastAnEventThatNeverComes_isNoticed() {
    watch.events(List.of(event(2, A1))).progress(4);

    assertThat(WatchCheck.violations(watch, committed, 2)).hasSize(1);
  }

  private static Event event(long revision, Change change) {
    return new Event(revision, change);
  }

  private void assertFound(String text) {
    assertThat(WatchCheck.violations(watch, committed, 5))
        .anySatisfy(violation -> assertThat(violation).contains(text));
  }
}
