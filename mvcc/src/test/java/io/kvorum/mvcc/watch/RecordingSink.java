package io.kvorum.mvcc.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.assertj.core.api.Assertions;

/// A transport that takes a given number of messages before it is no longer ready.
final class RecordingSink implements WatchSink {
  static final int UNBOUNDED = Integer.MAX_VALUE;

  private final List<WatchMessage> messages = new ArrayList<>();
  private Consumer<WatchMessage> observer = _ -> {};
  private int room;

  RecordingSink(int room) {
    this.room = room;
  }

  void observe(Consumer<WatchMessage> next) {
    observer = next;
  }

  @Override
  public boolean isReady() {
    return room > 0;
  }

  /// Takes `more` messages from now on. The caller tells the stream.
  void room(int more) {
    room = more;
  }

  @Override
  public void send(WatchMessage message) {
    if (message instanceof WatchMessage.Events || message instanceof WatchMessage.Progress) {
      Assertions.assertThat(room).as("room for %s", message).isPositive();
    }
    if (room > 0 && room != UNBOUNDED) {
      room--;
    }
    observer.accept(message);
    messages.add(message);
  }

  /// What arrived since the last call.
  List<WatchMessage> take() {
    List<WatchMessage> taken = List.copyOf(messages);
    messages.clear();
    return taken;
  }
}
