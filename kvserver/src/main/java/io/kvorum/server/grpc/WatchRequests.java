package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.WatchCreate;
import io.kvorum.mvcc.watch.WatchCreate.Option;
import io.kvorum.proto.etcd.WatchCreateRequest;
import java.util.EnumSet;
import java.util.Set;

/// Reads create requests of the watch API (`api.md` §2.2): what the wire says with zeros becomes a
/// case of its own.
final class WatchRequests {
  private static final ByteString SMALLEST_KEY = ByteString.copyFrom(new byte[] {0});

  private WatchRequests() {}

  static WatchCreate create(WatchCreateRequest request) {
    return new WatchCreate(
        request.getWatchId() == 0
            ? new WatchCreate.WatcherId.Next()
            : new WatchCreate.WatcherId.Chosen(request.getWatchId()),
        range(request),
        request.getStartRevision() == 0
            ? new WatchCreate.Start.Now()
            : new WatchCreate.Start.At(request.getStartRevision()),
        options(request));
  }

  private static KeyRange range(WatchCreateRequest request) {
    ByteString key = request.getKey().isEmpty() ? SMALLEST_KEY : request.getKey();
    return KeyRange.of(key, request.getRangeEnd());
  }

  private static Set<Option> options(WatchCreateRequest request) {
    Set<Option> options = EnumSet.noneOf(Option.class);
    for (WatchCreateRequest.FilterType filter : request.getFiltersList()) {
      switch (filter) {
        case NOPUT -> options.add(Option.NO_PUTS);
        case NODELETE -> options.add(Option.NO_DELETES);
        case UNRECOGNIZED -> {}
      }
    }
    if (request.getPrevKv()) {
      options.add(Option.PREVIOUS_PAIR);
    }
    if (request.getProgressNotify()) {
      options.add(Option.PROGRESS_NOTICES);
    }
    if (request.getFragment()) {
      options.add(Option.FRAGMENTS);
    }
    return options;
  }
}
