package io.kvorum.client;

import io.kvorum.proto.mvcc.Event;
import java.util.List;

/// Is told what a watch sees, one call at a time, on the client's executor. It may take its time: a
/// watch whose listener is behind is put aside at the server and resumed from history.
public interface WatchListener {
  /// Changes of one revision or several, each revision whole; over all calls every change once, in
  /// the order of revisions.
  void onEvents(List<Event> events);

  /// Everything up to `revision` has been reported.
  default void onProgress(long revision) {}

  /// The watch ended: [CompactedException] if its history is gone, otherwise refused by the server
  /// or failed in this listener. Nothing follows.
  void onError(ClientException reason);
}
