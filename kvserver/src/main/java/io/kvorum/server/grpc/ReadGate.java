package io.kvorum.server.grpc;

import io.kvorum.server.read.LinearizableReads;
import java.util.concurrent.Executor;

/// Says when a linearizable read may run: `LinearizableReads` in a member, scripted in tests.
@FunctionalInterface
public interface ReadGate {
  /// Waits until this member has applied all that was committed when the call was made; the
  /// callback hears of it on `loop`.
  void whenReady(Executor loop, LinearizableReads.Callback callback);
}
