package io.kvorum.testkit.proxy;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// One direction of everything between two places: open or blocked, and how slow.
///
/// TCP loses nothing: what is blocked waits, as behind a cut that heals before the connection times
/// out.
public final class Link {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean isBlocked;
  private long delayNanos;

  /// Holds back whatever comes.
  public void block() {
    change(() -> isBlocked = true);
  }

  /// Lets everything take this much longer.
  public void delay(Duration delay) {
    change(() -> delayNanos = delay.toNanos());
  }

  /// Open and fast again; what was held back goes on.
  public void heal() {
    change(
        () -> {
          isBlocked = false;
          delayNanos = 0;
        });
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Waits until something that came at `arrivedNanos` may go on.
  void await(long arrivedNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = arrivedNanos + delayNanos - System.nanoTime();
      while (isBlocked || left > 0) {
        if (isBlocked) {
          changed.await();
        } else {
          var _ = changed.awaitNanos(left);
        }
        left = arrivedNanos + delayNanos - System.nanoTime();
      }
    } finally {
      lock.unlock();
    }
  }
}
