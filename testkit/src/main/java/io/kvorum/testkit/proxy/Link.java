package io.kvorum.testkit.proxy;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// One direction of everything that goes through a [TcpProxy]: open or blocked, and how slow.
///
/// TCP loses nothing: what is blocked waits, as behind a cut that heals before the connection times
/// out.
final class Link {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean isBlocked;
  private long delayNanos;

  void block(boolean blocked) {
    lock.lock();
    try {
      isBlocked = blocked;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void delay(Duration delay) {
    lock.lock();
    try {
      delayNanos = delay.toNanos();
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
