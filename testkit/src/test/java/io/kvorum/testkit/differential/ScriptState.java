package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import io.kvorum.proto.etcd.CompactionResponse;
import io.kvorum.proto.etcd.DeleteRangeResponse;
import io.kvorum.proto.etcd.LeaseGrantResponse;
import io.kvorum.proto.etcd.LeaseRevokeResponse;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.etcd.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What a script knows of the store from the answers so far, to ask for what is nearby: revisions
/// around the head and the compaction, leases and watchers that exist.
final class ScriptState {

  /// A stream slot in use.
  static final class Stream {
    final NavigableSet<Long> watchers = new TreeSet<>();
    boolean halfClosed;
  }

  private long head = 1;
  private long compacted = -1;
  private final NavigableSet<Long> leases = new TreeSet<>();
  private final NavigableMap<Integer, Stream> streams = new TreeMap<>();

  long head() {
    return head;
  }

  /// The compacted revision, -1 before the first compaction.
  long compacted() {
    return compacted;
  }

  List<Long> leases() {
    return new ArrayList<>(leases);
  }

  NavigableMap<Integer, Stream> streams() {
    return streams;
  }

  /// Learns from the answer that the reference gave.
  void observe(Command command, Answer answer) {
    if (command instanceof Command.WatchReopen(var slot)) {
      streams.put(slot, new Stream());
    } else if (command instanceof Command.WatchHalfClose(var slot)) {
      stream(slot).halfClosed = true;
    } else if (answer instanceof Answer.Replied(var message)) {
      observe(command, message);
    }
  }

  private Stream stream(int slot) {
    return streams.computeIfAbsent(slot, _ -> new Stream());
  }

  private void observe(Command command, Message message) {
    switch (message) {
      case PutResponse put -> head = put.getHeader().getRevision();
      case DeleteRangeResponse deleted -> head = deleted.getHeader().getRevision();
      case TxnResponse txn -> head = txn.getHeader().getRevision();
      case CompactionResponse _ -> {
        if (command instanceof Command.Compact(var request)) {
          compacted = request.getRevision();
        }
      }
      case LeaseGrantResponse granted -> leases.add(granted.getID());
      case LeaseRevokeResponse revoked -> {
        head = revoked.getHeader().getRevision();
        if (command instanceof Command.LeaseRevoke(var request)) {
          leases.remove(request.getID());
        }
      }
      case WatchResponse watch -> observe(command, watch);
      default -> {} // other responses change nothing
    }
  }

  private void observe(Command command, WatchResponse response) {
    if (command instanceof Command.WatchCreate create && !response.getCanceled()) {
      stream(create.stream()).watchers.add(response.getWatchId());
    } else if (command instanceof Command.WatchCancel(var slot, var watchId)) {
      stream(slot).watchers.remove(watchId);
    }
  }
}
