package io.kvorum.server.transport;

import java.util.concurrent.Executor;

/// The event loops that client connections live on, as seen by a request handler.
///
/// A handler runs on the loop of its connection, remembers [#current()] and has its answer brought
/// back there, so that a connection is only ever touched by one thread. Calls that do not come over
/// the network (in-process tests, an embedded client) use `() -> Runnable::run`.
@FunctionalInterface
public interface EventLoops {

  /// The loop the calling thread is. Fails on every other thread: an answer delivered to the wrong
  /// loop would race with its connection.
  Executor current();
}
