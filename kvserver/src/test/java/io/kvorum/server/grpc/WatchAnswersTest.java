package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.Change;
import io.kvorum.mvcc.watch.WatchEvent;
import io.kvorum.mvcc.watch.WatchMessage;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.raft.membership.MemberId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/// How events are framed (api.md §3.3 "Fragment").
class WatchAnswersTest {
  private static final int LIMIT = 1_000;
  private static final WatchMessage.Delivered PLAIN = new WatchMessage.Delivered(5, false, false);
  private static final WatchMessage.Delivered FRAGMENTED =
      new WatchMessage.Delivered(5, true, true);

  private final WatchAnswers answers =
      new WatchAnswers(new ResponseHeaders(11, new MemberId(12), () -> 3), LIMIT);

  private static WatchEvent event(int valueBytes, int previousBytes) {
    KeyValue pair = pair(valueBytes);
    Event.Builder previous = Event.newBuilder();
    if (previousBytes > 0) {
      previous.setPrevKv(pair(previousBytes));
    }
    return new WatchEvent(
        pair.getKey(),
        Change.Kind.PUT,
        Event.newBuilder().setKv(pair).build().toByteString(),
        previous.build().toByteString());
  }

  private static KeyValue pair(int valueBytes) {
    return KeyValue.newBuilder()
        .setKey(ByteString.copyFromUtf8("k"))
        .setValue(ByteString.copyFrom(new byte[valueBytes]))
        .build();
  }

  private List<WatchResponse> responses(WatchMessage.Delivered to, List<WatchEvent> events)
      throws IOException {
    List<WatchResponse> responses = new ArrayList<>();
    for (WatchFrame frame : answers.frames(new WatchMessage.Events(to, 42, events))) {
      assertThat(frame.available()).isEqualTo((int) frame.sizeBytes());
      byte[] bytes = frame.readAllBytes();
      assertThat(bytes).hasSize((int) frame.sizeBytes());
      WatchResponse response = WatchResponse.parseFrom(bytes);
      assertThat(response.toByteArray()).isEqualTo(bytes);
      responses.add(response);
    }
    return responses;
  }

  @Test
  void events_framed_areTheCanonicalEncodingOfTheResponse() throws IOException {
    List<WatchResponse> responses = responses(PLAIN, List.of(event(300, 300), event(0, 0)));

    assertThat(responses).hasSize(1);
    assertThat(responses.getFirst().getHeader().getRevision()).isEqualTo(42);
    assertThat(responses.getFirst().getEventsList())
        .containsExactly(
            Event.newBuilder().setKv(pair(300)).build(), Event.newBuilder().setKv(pair(0)).build());
  }

  @Test
  void previousPairWanted_framed_isPartOfTheEvent() throws IOException {
    List<WatchResponse> responses = responses(FRAGMENTED, List.of(event(10, 20)));

    assertThat(responses.getFirst().getEvents(0).getPrevKv()).isEqualTo(pair(20));
  }

  @Test
  void responseBelowTheLimit_fragmentsAllowed_staysWhole() throws IOException {
    List<WatchResponse> responses = responses(FRAGMENTED, List.of(event(400, 0), event(400, 0)));

    assertThat(responses).hasSize(1);
    assertThat(responses.getFirst().getFragment()).isFalse();
  }

  @Test
  void oneEventAboveTheLimit_fragmentsAllowed_staysWhole() throws IOException {
    assertThat(responses(FRAGMENTED, List.of(event(2_000, 0)))).hasSize(1);
  }

  @Test
  void eventsAtTheLimit_fragmentsAllowed_splitSoThatEachIsBelowUnlessAlone() throws IOException {
    List<WatchResponse> responses =
        responses(
            FRAGMENTED,
            List.of(event(400, 0), event(400, 0), event(400, 0), event(2_000, 0), event(1, 0)));

    assertThat(responses.stream().map(WatchResponse::getEventsCount)).containsExactly(2, 1, 1, 1);
    assertThat(responses.stream().map(WatchResponse::getFragment))
        .containsExactly(true, true, true, false);
    assertThat(responses).allMatch(response -> response.getWatchId() == 5);
  }

  @Test
  void exactlyTheLimit_fragmentsAllowed_isSplit() throws IOException {
    int wholeSize =
        responses(FRAGMENTED, List.of(event(400, 0), event(400, 0))).getFirst().getSerializedSize();
    // The flag `fragment` takes two bytes, which count, and larger events have longer lengths.
    int missing = LIMIT - 2 - wholeSize;

    assertThat(responses(FRAGMENTED, List.of(event(400, 0), event(400 + missing, 0)))).hasSize(2);
    assertThat(responses(FRAGMENTED, List.of(event(400, 0), event(399 + missing, 0)))).hasSize(1);
  }

  @Test
  void moreThanGrpcCanFrame_sized_isKnownBeforeItIsSent() {
    WatchEvent large = event(1 << 20, 0);

    List<WatchFrame> frames =
        answers.frames(new WatchMessage.Events(PLAIN, 42, Collections.nCopies(2_048, large)));

    assertThat(frames.getFirst().sizeBytes()).isGreaterThan(WatchFrame.MAX_BYTES);
  }
}
