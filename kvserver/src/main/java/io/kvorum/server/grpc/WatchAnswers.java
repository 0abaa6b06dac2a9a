package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.watch.WatchEvent;
import io.kvorum.mvcc.watch.WatchMessage;
import io.kvorum.mvcc.watch.WatchMessage.Refused.Reason;
import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.ArrayList;
import java.util.List;

/// Says in the words of the API what a watch stream tells its client (`api.md` §3.3).
final class WatchAnswers {
  /// The id of answers that concern no watcher: refused creates and progress of the whole stream.
  private static final long NO_WATCHER = -1;

  private final ResponseHeaders headers;
  private final int fragmentBytes;

  /// @param fragmentBytes a response of this size or more is split for watchers that allow it
  WatchAnswers(ResponseHeaders headers, int fragmentBytes) {
    this.headers = headers;
    this.fragmentBytes = fragmentBytes;
  }

  /// The responses for one message, to be sent without another one between them.
  List<WatchFrame> frames(WatchMessage message) {
    return switch (message) {
      case WatchMessage.Created(long id, long revision) ->
          whole(answer(id, revision).setCreated(true));
      case WatchMessage.Refused(Reason reason, long revision) ->
          whole(
              answer(NO_WATCHER, revision)
                  .setCreated(true)
                  .setCanceled(true)
                  .setCancelReason(text(reason)));
      case WatchMessage.Cancelled(long id, long revision) ->
          whole(answer(id, revision).setCanceled(true));
      case WatchMessage.Compacted(long id, long compacted) ->
          whole(
              WatchResponse.newBuilder()
                  .setHeader(headers.withoutRevision())
                  .setWatchId(id)
                  .setCanceled(true)
                  .setCompactRevision(compacted));
      case WatchMessage.Progress(long id, long revision) -> whole(answer(id, revision));
      case WatchMessage.StreamProgress(long revision) -> whole(answer(NO_WATCHER, revision));
      case WatchMessage.Events(var to, long revision, var events) ->
          to.fragments()
              ? fragments(to, headers.at(revision), events)
              : List.of(frame(to, headers.at(revision), events, Position.LAST));
    };
  }

  private enum Position {
    MORE_FOLLOWS,
    LAST
  }

  private WatchResponse.Builder answer(long id, long revision) {
    return WatchResponse.newBuilder().setHeader(headers.at(revision)).setWatchId(id);
  }

  private static List<WatchFrame> whole(WatchResponse.Builder response) {
    return List.of(WatchFrame.withoutEvents(response.build().toByteString()));
  }

  private static String text(Reason reason) {
    return switch (reason) {
      case NEGATIVE_START -> "etcdserver: mvcc: required revision has been compacted";
      case EMPTY_RANGE -> "mvcc: watcher range is empty";
      case DUPLICATE_ID -> "mvcc: duplicate watch ID provided on the WatchStream";
    };
  }

  /// As etcd splits: each fragment takes events while it stays below the limit, at least one.
  private List<WatchFrame> fragments(
      WatchMessage.Delivered to, ResponseHeader header, List<WatchEvent> events) {
    List<WatchFrame> frames = new ArrayList<>(1);
    long headBytes = head(to, header, Position.MORE_FOLLOWS).size();
    int from = 0;
    long size = headBytes;
    for (int i = 0; i < events.size(); i++) {
      long eventBytes = WatchFrame.sizeBytes(events.get(i), to.withPrevious());
      if (i > from && size + eventBytes >= fragmentBytes) {
        frames.add(frame(to, header, events.subList(from, i), Position.MORE_FOLLOWS));
        from = i;
        size = headBytes;
      }
      size += eventBytes;
    }
    frames.add(frame(to, header, events.subList(from, events.size()), Position.LAST));
    return frames;
  }

  private static WatchFrame frame(
      WatchMessage.Delivered to,
      ResponseHeader header,
      List<WatchEvent> events,
      Position position) {
    return new WatchFrame(head(to, header, position), events, to.withPrevious());
  }

  private static ByteString head(
      WatchMessage.Delivered to, ResponseHeader header, Position position) {
    return WatchResponse.newBuilder()
        .setHeader(header)
        .setWatchId(to.watchId())
        .setFragment(position == Position.MORE_FOLLOWS)
        .build()
        .toByteString();
  }
}
