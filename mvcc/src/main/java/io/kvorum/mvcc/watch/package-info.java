/// Watching keys: every watcher is a cursor into history.
///
/// The applier publishes each revision once, as an encoded [io.kvorum.mvcc.watch.RevisionBlock],
/// into the [io.kvorum.mvcc.watch.WatchRing]. Each event loop of the client port owns the streams
/// of its connections (`WatchLoop`) and serves those in step from the ring: one index lookup per
/// event for all of them (`SyncedWatchers`). A stream that cannot take more stops advancing; its
/// watchers become late readers that move through the ring, or through the store's history read in
/// slices on other threads (`CatchUp`, `HistoryReads`), until they are in step again. So a slow
/// watcher holds its position and little else, never delays a writer and never loses an event.
///
/// Threads: `apply` writes the ring; everything of a stream belongs to its event loop; readers of
/// history own nothing. Only `WatchHub`, `HistoryReads` and the wake-up of `WatchLoop` know
/// threads; the rest is single-threaded code without clock, randomness or I/O. The package depends
/// on [io.kvorum.mvcc] only. Start reading at [io.kvorum.mvcc.watch.WatchHub].
@NullMarked
package io.kvorum.mvcc.watch;

import org.jspecify.annotations.NullMarked;
