package io.kvorum.invariant;

import org.jspecify.annotations.Nullable;

/// Remembers which thread owns a piece of state and checks that nobody else enters.
///
/// The first thread to call [#check()] becomes the owner, so that an object may be built by the
/// thread that wires the member and then be handed over once.
@SuppressWarnings("ReferenceEquality") // a thread is its own identity
public final class OwnerThread {
  private final String state;
  private volatile @Nullable Thread owner;

  /// Guards the state called `state` in messages, for example `RaftCore`.
  public OwnerThread(String state) {
    this.state = state;
  }

  /// Fails if the calling thread is not the owner.
  public void check() {
    Thread current = Thread.currentThread();
    if (owner == current) {
      return;
    }
    claim(current);
  }

  private synchronized void claim(Thread current) {
    Thread known = owner;
    if (known == null) {
      owner = current;
    } else if (known != current) {
      throw new InvariantViolation(
          state + " is owned by thread " + known.getName() + ", entered by " + current.getName());
    }
  }
}
