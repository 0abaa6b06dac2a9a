package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The recorder notices what breaks the rules of watch streams (api.md §3.3 Events).
class RecordedWatcherTest {
  private final RecordedWatcher watcher = watcher(WatchCreateRequest.newBuilder());

  @Test
  void revision_splitOverTwoResponses_isABreach() {
    watcher.events(response(5, event("a", 5)));
    watcher.events(response(5, event("b", 5)));

    assertThat(watcher.breaches()).containsExactly("revision 5 split over responses");
  }

  @Test
  void revision_splitIntoFragments_isNone() {
    RecordedWatcher fragmented = watcher(WatchCreateRequest.newBuilder().setFragment(true));

    fragmented.events(response(5, event("a", 5)).toBuilder().setFragment(true).build());
    fragmented.events(response(5, event("b", 5)));
    fragmented.events(response(6, event("b", 6)));

    assertThat(fragmented.breaches()).isEmpty();
  }

  @Test
  void revisions_goingBack_areABreach() {
    watcher.events(response(6, event("a", 6)));
    watcher.events(response(6, event("a", 5)));

    assertThat(watcher.breaches()).containsExactly("revision 5 after 6");
  }

  @Test
  void previousPair_notAskedFor_isABreach() {
    Event event = event("a", 5).toBuilder().setPrevKv(KeyValue.getDefaultInstance()).build();

    watcher.events(response(5, event));

    assertThat(watcher.breaches()).hasSize(1);
  }

  @Test
  void response_empty_isABreach() {
    watcher.events(response(5));

    assertThat(watcher.breaches()).hasSize(1);
  }

  @Test
  void ledger_oneEventAhead_watcherIsNotSettled() {
    List<Event> ledger = List.of(event("a", 3), event("other", 4), event("a", 5));
    watcher.events(response(3, event("a", 3)));

    watcher.expectFrom(ledger);

    assertThat(watcher.isSettled()).isFalse();
    watcher.events(response(5, event("a", 5)));
    assertThat(watcher.isSettled()).isTrue();
  }

  private static RecordedWatcher watcher(WatchCreateRequest.Builder request) {
    request.setKey(ByteString.copyFromUtf8("a")).setRangeEnd(ByteString.copyFromUtf8("c"));
    return new RecordedWatcher(new Command.WatchCreate(0, request.build(), -1), response(2));
  }

  private static WatchResponse response(long revision, Event... events) {
    return WatchResponse.newBuilder()
        .setHeader(ResponseHeader.newBuilder().setRevision(revision))
        .addAllEvents(List.of(events))
        .build();
  }

  private static Event event(String key, long revision) {
    return Event.newBuilder()
        .setKv(
            KeyValue.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setModRevision(revision)
                .setVersion(9))
        .build();
  }
}
