package io.kvorum.raft;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

/// Messages that vouch for this member's disk, held until storage has caught up with the state they
/// rest on (raft.md §3.2, A3). They leave in the order they came.
///
/// A message waits for the command that carries the newest state of the moment it was written. If
/// that state is overwritten before it is durable, the message waits for the overwriting instead:
/// what is durable when it leaves is never older than what it says.
final class HeldMessages {
  private static final long NOT_YET_WRITTEN = Long.MAX_VALUE;

  private static final class Held {
    final Envelope envelope;
    long index;
    long sequence;

    Held(Envelope envelope, long index, long sequence) {
      this.envelope = envelope;
      this.index = index;
      this.sequence = sequence;
    }
  }

  private final Deque<Held> held = new ArrayDeque<>();

  /// Holds `envelope` until the next command that carries the log up to `index` is done.
  void holdUntilWritten(Envelope envelope, long index) {
    held.addLast(new Held(envelope, index, NOT_YET_WRITTEN));
  }

  /// Holds `envelope` until a command that is under way is done.
  void holdUntilCompleted(Envelope envelope, long sequence) {
    held.addLast(new Held(envelope, 0, sequence));
  }

  /// Takes note that the log now ends with `index` before something new is appended.
  void truncatedTo(long index) {
    for (Held message : held) {
      message.index = Math.min(message.index, index);
    }
  }

  /// Takes note that command `sequence` carries the ballot, and the log up to `writtenIndex`.
  void written(long sequence, long writtenIndex) {
    for (Iterator<Held> newest = held.descendingIterator(); newest.hasNext(); ) {
      Held message = newest.next();
      if (message.sequence != NOT_YET_WRITTEN) {
        return;
      }
      if (message.index <= writtenIndex) {
        message.sequence = sequence;
      }
    }
  }

  /// What waits for command `sequence`.
  List<Envelope> restingOn(long sequence) {
    return held.stream()
        .filter(message -> message.sequence == sequence)
        .map(message -> message.envelope)
        .toList();
  }

  /// Hands out what rests on commands up to `completedSequence`.
  void release(long completedSequence, Consumer<Envelope> receiver) {
    while (!held.isEmpty() && held.getFirst().sequence <= completedSequence) {
      receiver.accept(held.removeFirst().envelope);
    }
  }
}
