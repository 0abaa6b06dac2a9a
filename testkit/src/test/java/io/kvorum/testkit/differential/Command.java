package io.kvorum.testkit.differential;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.kvorum.proto.etcd.AlarmRequest;
import io.kvorum.proto.etcd.CompactionRequest;
import io.kvorum.proto.etcd.DeleteRangeRequest;
import io.kvorum.proto.etcd.LeaseGrantRequest;
import io.kvorum.proto.etcd.LeaseKeepAliveRequest;
import io.kvorum.proto.etcd.LeaseLeasesRequest;
import io.kvorum.proto.etcd.LeaseRevokeRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.WatchCreateRequest;

/// One step of a script. Watch streams are named by the number of their slot.
sealed interface Command {

  record Range(RangeRequest request) implements Command {}

  /// A Range whose answer is also asked for in chunks, from a server that can.
  record RangeStream(RangeRequest request) implements Command {}

  record Put(PutRequest request) implements Command {}

  record DeleteRange(DeleteRangeRequest request) implements Command {}

  record Txn(TxnRequest request) implements Command {}

  record Compact(CompactionRequest request) implements Command {}

  record LeaseGrant(LeaseGrantRequest request) implements Command {}

  record LeaseRevoke(LeaseRevokeRequest request) implements Command {}

  record LeaseKeepAlive(LeaseKeepAliveRequest request) implements Command {}

  record LeaseTimeToLive(LeaseTimeToLiveRequest request) implements Command {}

  record LeaseLeases(LeaseLeasesRequest request) implements Command {}

  record Alarm(AlarmRequest request) implements Command {}

  /// A new watcher, and what was the compacted revision when the script asked for it.
  record WatchCreate(int stream, WatchCreateRequest request, long compactedRevision)
      implements Command {}

  record WatchCancel(int stream, long watchId) implements Command {}

  /// Ends the client's side of a stream; its watchers live on.
  record WatchHalfClose(int stream) implements Command {}

  /// Cancels a stream, if there is one in that slot, and opens a new one.
  record WatchReopen(int stream) implements Command {}

  /// Tells whether all earlier events must have arrived before this may be sent, because it decides
  /// which events (or which previous pairs) can still be delivered.
  default boolean endsDelivery() {
    return switch (this) {
      case Compact _, WatchCancel _, WatchReopen _ -> true;
      case Range _,
          RangeStream _,
          Put _,
          DeleteRange _,
          Txn _,
          LeaseGrant _,
          LeaseRevoke _,
          LeaseKeepAlive _,
          LeaseTimeToLive _,
          LeaseLeases _,
          Alarm _,
          WatchCreate _,
          WatchHalfClose _ ->
          false;
    };
  }

  /// The command as one line of a failure report.
  default String line() {
    return switch (this) {
      case Range(var request) -> line("Range", request);
      case RangeStream(var request) -> line("RangeStream", request);
      case Put(var request) -> line("Put", request);
      case DeleteRange(var request) -> line("DeleteRange", request);
      case Txn(var request) -> line("Txn", request);
      case Compact(var request) -> line("Compact", request);
      case LeaseGrant(var request) -> line("LeaseGrant", request);
      case LeaseRevoke(var request) -> line("LeaseRevoke", request);
      case LeaseKeepAlive(var request) -> line("LeaseKeepAlive", request);
      case LeaseTimeToLive(var request) -> line("LeaseTimeToLive", request);
      case LeaseLeases(var request) -> line("LeaseLeases", request);
      case Alarm(var request) -> line("Alarm", request);
      case WatchCreate(var stream, var request, var compacted) ->
          line("WatchCreate stream " + stream + " (compacted " + compacted + ")", request);
      case WatchCancel(var stream, var watchId) ->
          "WatchCancel stream " + stream + " id " + watchId;
      case WatchHalfClose(var stream) -> "WatchHalfClose stream " + stream;
      case WatchReopen(var stream) -> "WatchReopen stream " + stream;
    };
  }

  private static String line(String name, Message request) {
    String text = TextFormat.printer().emittingSingleLine(true).printToString(request);
    return name + " { " + Answer.shortened(text) + " }";
  }
}
