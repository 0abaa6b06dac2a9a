package io.kvorum.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import io.kvorum.mvcc.watch.WatchEvent;
import io.kvorum.mvcc.watch.WatchMessage;
import io.kvorum.proto.etcd.WatchResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Consumer;

/// What a watch stream says, as encoded `WatchResponse`s (`api.md` §3.3).
///
/// ```
/// header 1 | watch_id 2 | created 3 | canceled 4 | compact_revision 5 | cancel_reason 6 | fragment 7
/// events 11, each the event's own bytes
/// ```
final class WatchFrames {
  private static final long NO_WATCHER = -1;
  private static final int SPLIT_SLACK_BYTES = 512 << 10;

  private final ResponseHeaders headers;
  private final long splitBytes;

  /// Responses of `maxRequestBytes` + 512 KiB and more are split for watchers that allow it.
  WatchFrames(ResponseHeaders headers, int maxRequestBytes) {
    this.headers = headers;
    this.splitBytes = (long) maxRequestBytes + SPLIT_SLACK_BYTES;
  }

  /// Hands `out` the responses that say this message, in order.
  void encode(WatchMessage message, Consumer<ByteString> out) {
    switch (message) {
      case WatchMessage.Created(var id, var revision) ->
          out.accept(at(revision).setWatchId(id).setCreated(true).build().toByteString());
      case WatchMessage.Refused(var reason, var revision) ->
          out.accept(
              at(revision)
                  .setWatchId(NO_WATCHER)
                  .setCreated(true)
                  .setCanceled(true)
                  .setCancelReason(text(reason))
                  .build()
                  .toByteString());
      case WatchMessage.Progress(var id, var revision) ->
          out.accept(at(revision).setWatchId(id).build().toByteString());
      case WatchMessage.StreamProgress(var revision) ->
          out.accept(at(revision).setWatchId(NO_WATCHER).build().toByteString());
      case WatchMessage.Cancelled(var id, var revision) ->
          out.accept(at(revision).setWatchId(id).setCanceled(true).build().toByteString());
      case WatchMessage.Compacted(var id, var compacted) ->
          out.accept(
              WatchResponse.newBuilder()
                  .setHeader(headers.withoutRevision())
                  .setWatchId(id)
                  .setCanceled(true)
                  .setCompactRevision(compacted)
                  .build()
                  .toByteString());
      case WatchMessage.Events events -> encode(events, out);
    }
  }

  private WatchResponse.Builder at(long revision) {
    return WatchResponse.newBuilder().setHeader(headers.at(revision));
  }

  private static String text(WatchMessage.Refused.Reason reason) {
    return switch (reason) {
      case NEGATIVE_START -> "etcdserver: mvcc: required revision has been compacted";
      case EMPTY_RANGE -> "mvcc: watcher range is empty";
      case DUPLICATE_ID -> "mvcc: duplicate watch ID provided on the WatchStream";
    };
  }

  private void encode(WatchMessage.Events message, Consumer<ByteString> out) {
    WatchMessage.Delivered to = message.to();
    WatchResponse.Builder head = at(message.revision()).setWatchId(to.watchId());
    List<WatchEvent> rest = message.events();
    if (to.fragments()) {
      int fitting = fitting(head, rest, to.withPrevious());
      while (fitting < rest.size()) {
        out.accept(
            encode(head.setFragment(true).build(), rest.subList(0, fitting), to.withPrevious()));
        rest = rest.subList(fitting, rest.size());
        fitting = fitting(head, rest, to.withPrevious());
      }
    }
    out.accept(encode(head.setFragment(false).build(), rest, to.withPrevious()));
  }

  /// How many of the events fit below the limit; at least one.
  private int fitting(WatchResponse.Builder head, List<WatchEvent> events, boolean withPrevious) {
    long size = head.setFragment(true).build().getSerializedSize();
    int count = 0;
    for (WatchEvent event : events) {
      size += fieldSize(event.size(withPrevious));
      if (count > 0 && size >= splitBytes) {
        return count;
      }
      count++;
    }
    return count;
  }

  private static int fieldSize(int size) {
    return CodedOutputStream.computeTagSize(WatchResponse.EVENTS_FIELD_NUMBER)
        + CodedOutputStream.computeUInt32SizeNoTag(size)
        + size;
  }

  private static ByteString encode(
      WatchResponse head, List<WatchEvent> events, boolean withPrevious) {
    long size = head.getSerializedSize();
    for (WatchEvent event : events) {
      size += fieldSize(event.size(withPrevious));
    }
    byte[] bytes = new byte[Math.toIntExact(size)];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      head.writeTo(out);
      for (WatchEvent event : events) {
        out.writeTag(WatchResponse.EVENTS_FIELD_NUMBER, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt32NoTag(event.size(withPrevious));
        out.writeRawBytes(event.body());
        if (withPrevious) {
          out.writeRawBytes(event.previous());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing to an array does no I/O", e);
    }
    out.checkNoSpaceLeft();
    return UnsafeByteOperations.unsafeWrap(bytes);
  }
}
