package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchCreateRequest.FilterType;
import io.kvorum.proto.mvcc.Event;
import java.util.Comparator;

/// Which events a watcher asked for, from which revision on (api.md §3.3).
record WatchedRange(
    ByteString key, ByteString end, boolean puts, boolean deletes, long firstRevision) {
  private static final ByteString ZERO = ByteString.copyFrom(new byte[] {0});
  private static final Comparator<ByteString> BYTES =
      ByteString.unsignedLexicographicalComparator();

  static WatchedRange of(WatchCreateRequest request, long revisionWhenCreated) {
    return new WatchedRange(
        request.getKey().isEmpty() ? ZERO : request.getKey(),
        request.getRangeEnd(),
        !request.getFiltersList().contains(FilterType.NOPUT),
        !request.getFiltersList().contains(FilterType.NODELETE),
        request.getStartRevision() == 0 ? revisionWhenCreated + 1 : request.getStartRevision());
  }

  boolean covers(Event event) {
    return event.getKv().getModRevision() >= firstRevision
        && (event.getType() == Event.EventType.DELETE ? deletes : puts)
        && contains(event.getKv().getKey());
  }

  private boolean contains(ByteString candidate) {
    if (end.isEmpty()) {
      return candidate.equals(key);
    }
    return BYTES.compare(candidate, key) >= 0
        && (end.equals(ZERO) || BYTES.compare(candidate, end) < 0);
  }
}
