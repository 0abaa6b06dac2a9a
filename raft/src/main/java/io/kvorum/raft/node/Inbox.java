package io.kvorum.raft.node;

import io.kvorum.raft.Input;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The way to the thread `raft`: any number of producers, one consumer that takes everything at
/// once and sleeps when there is nothing.
///
/// A linked stack with one compare-and-set per input; the consumer exchanges it for an empty one
/// and reverses it. Every node carries the totals of what lies below, so the bounds are exact
/// without another shared counter. A consumer about to sleep puts another bottom in the place of
/// the empty stack, and only the producer that builds on that one pays for waking it.
@SuppressWarnings("ReferenceEquality") // a node is its own identity
final class Inbox {
  private static final class Node {
    final Input input;
    // Null at the end of the chain: a wrapper here would be an object for every input.
    @Nullable Node next;
    int entries;
    long bytes;

    Node(Input input) {
      this.input = input;
    }
  }

  private static final Node EMPTY = new Node(new Input.Tick());
  private static final Node SLEEPING = new Node(new Input.Tick());

  private final AtomicReference<Node> top = new AtomicReference<>(EMPTY);
  private final int maxEntries;
  private final long maxBytes;
  private volatile @Nullable Thread consumer; // none before it attaches

  Inbox(int maxEntries, long maxBytes) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /// Makes the calling thread the consumer.
  void attach() {
    consumer = Thread.currentThread();
  }

  /// Leaves work of a client: false if too much of it waits already. A first one always finds room.
  boolean offer(Input input, int payloadBytes) {
    Node node = new Node(input);
    while (true) {
      Node below = top.get();
      if (below.entries >= maxEntries
          || (below.entries > 0 && below.bytes + payloadBytes > maxBytes)) {
        return false;
      }
      if (push(node, below, 1, payloadBytes)) {
        return true;
      }
    }
  }

  /// Leaves news that must never be lost, and that bounds itself: there is at most one for each
  /// write or batch of entries under way.
  void put(Input input) {
    Node node = new Node(input);
    while (!push(node, top.get(), 0, 0)) {
      Thread.onSpinWait();
    }
  }

  private boolean push(Node node, Node below, int entries, int payloadBytes) {
    node.next = below;
    node.entries = below.entries + entries;
    node.bytes = below.bytes + payloadBytes;
    if (!top.compareAndSet(below, node)) {
      return false;
    }
    if (below == SLEEPING) {
      wake();
    }
    return true;
  }

  /// Ends the consumer's sleep, now or the next time it lies down.
  void wake() {
    LockSupport.unpark(consumer);
  }

  /// Hands everything that waits to `receiver`, oldest first. Consumer only.
  void drain(Consumer<Input> receiver) {
    Node node = reverse(top.getAndSet(EMPTY));
    while (node != null) {
      receiver.accept(node.input);
      node = node.next;
    }
  }

  /// Sleeps until something is left here, `nanos` have passed, or for no reason. Consumer only.
  void await(long nanos) {
    if (top.compareAndSet(EMPTY, SLEEPING)) {
      LockSupport.parkNanos(this, nanos);
    }
  }

  private static @Nullable Node reverse(Node newest) {
    Node reversed = null;
    Node node = newest;
    while (node != null && node != EMPTY && node != SLEEPING) {
      Node next = node.next;
      node.next = reversed;
      reversed = node;
      node = next;
    }
    return reversed;
  }
}
