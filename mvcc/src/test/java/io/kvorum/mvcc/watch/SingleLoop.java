package io.kvorum.mvcc.watch;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.ChangeSet;
import io.kvorum.mvcc.KeyRange;
import io.kvorum.mvcc.watch.SimulatedHistory.Op;
import java.util.List;
import java.util.Set;

/// A hub with one event loop and one worker, both run by the test.
final class SingleLoop {
  final SimulatedHistory history = new SimulatedHistory();
  final TaskQueue loop = new TaskQueue();
  final TaskQueue workers = new TaskQueue();
  final WatchHub hub;

  SingleLoop(WatchLimits limits) {
    hub = new WatchHub(history, -1, limits, workers);
  }

  static SingleLoop standard() {
    return new SingleLoop(WatchLimits.STANDARD);
  }

  /// One revision, written and published; the loop has not seen it yet.
  void publish(Op... ops) {
    List<ChangeSet> changes = history.write(List.of(ops)).stream().toList();
    hub.publish(changes, history.head(), history.compactedRevision());
  }

  void put(String key) {
    publish(Op.put(key, "v"));
  }

  void compact(long revision) {
    history.compact(revision);
    hub.publish(List.of(), history.head(), revision);
  }

  void settle() {
    TaskQueue.runAll(loop, workers);
  }

  static WatchCreate fromNow(String key, WatchCreate.Option... options) {
    return watch(key, "", new WatchCreate.Start.Now(), options);
  }

  static WatchCreate since(long revision, String key, WatchCreate.Option... options) {
    return watch(key, "", new WatchCreate.Start.At(revision), options);
  }

  static WatchCreate watch(
      String key, String end, WatchCreate.Start start, WatchCreate.Option... options) {
    KeyRange range = KeyRange.of(ByteString.copyFromUtf8(key), ByteString.copyFromUtf8(end));
    return new WatchCreate(new WatchCreate.WatcherId.Next(), range, start, Set.of(options));
  }

  static WatchCreate withId(long id, WatchCreate create) {
    return new WatchCreate(
        new WatchCreate.WatcherId.Chosen(id), create.range(), create.start(), create.options());
  }
}
