package io.kvorum.server.apply;

import io.kvorum.proto.command.LogCommand;
import io.kvorum.server.command.ApplyResult;

/// Hears of what the thread `apply` does, on that thread; must not wait.
public interface ApplyMeter {
  /// Hears nothing.
  ApplyMeter NONE =
      new ApplyMeter() {
        @Override
        public void executed(LogCommand command, ApplyResult result, long nanos) {}

        @Override
        public void committed(long nanos) {}
      };

  /// A command was executed, which took this long.
  void executed(LogCommand command, ApplyResult result, long nanos);

  /// A batch was committed to the store, which took this long.
  void committed(long nanos);
}
