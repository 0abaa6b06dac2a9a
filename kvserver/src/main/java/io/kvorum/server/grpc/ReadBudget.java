package io.kvorum.server.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kvorum.invariant.Invariant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;

/// The bytes that large answers may hold in memory at one time, over all clients.
///
/// An answer takes its whole size at once, before the first byte of it is made, and gives it back
/// when it has been sent or its call has ended. What does not fit waits, first come, first served,
/// so that large answers are not starved by smaller ones. At the bounds of [ReadBudgetLimits]
/// requests are refused, and holders that stay too long are told to go.
///
/// Safe for any thread. Holders are told outside of the lock, on whichever thread caused it.
public final class ReadBudget {
  private final ReadBudgetLimits limits;
  private final LongSupplier nanoClock;
  private final Object lock = new Object();

  @GuardedBy("lock")
  private long reservedBytes;

  @GuardedBy("lock")
  private final Deque<Reservation> waiting = new ArrayDeque<>();

  @GuardedBy("lock")
  private final Set<Reservation> held = new LinkedHashSet<>();

  public ReadBudget(ReadBudgetLimits limits, LongSupplier nanoClock) {
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /// Why an answer got no memory.
  enum Refusal {
    /// It is larger than the whole budget.
    NEVER_FITS,
    /// Too many answers wait already.
    QUEUE_FULL,
    /// It has waited for as long as an answer may.
    WAITED_TOO_LONG
  }

  /// Told what becomes of its reservation: granted or refused, and if granted possibly overdue.
  /// Must not wait.
  interface Holder {
    void granted(Reservation reservation);

    void refused(Refusal refusal);

    /// The answer should have been sent long ago; the holder ends its call now.
    void overdue();
  }

  /// Asks for `bytes`. The holder may be told before this returns. The reservation is released in
  /// any case, also if it is refused.
  Reservation reserve(long bytes, Holder holder) {
    Invariant.check(bytes > 0, "a reservation of %d bytes", bytes);
    Reservation reservation = new Reservation(bytes, holder, nanoClock.getAsLong());
    if (bytes > limits.budgetBytes()) {
      holder.refused(Refusal.NEVER_FITS);
      return reservation;
    }
    boolean full;
    boolean granted;
    synchronized (lock) {
      granted = waiting.isEmpty() && take(reservation);
      full = !granted && waiting.size() >= limits.maxWaiting();
      if (!granted && !full) {
        waiting.add(reservation);
      }
    }
    if (granted) {
      holder.granted(reservation);
    } else if (full) {
      holder.refused(Refusal.QUEUE_FULL);
    }
    return reservation;
  }

  /// Refuses what has waited too long and ends what is held too long. Called by one timer, about
  /// once per second.
  public void tick() {
    long now = nanoClock.getAsLong();
    List<Reservation> late = new ArrayList<>();
    List<Reservation> overdue = new ArrayList<>();
    List<Reservation> granted;
    synchronized (lock) {
      while (!waiting.isEmpty() && now - waiting.peek().sinceNanos >= limits.maxWaitNanos()) {
        late.add(waiting.remove());
      }
      for (Reservation reservation : held) {
        if (now - reservation.sinceNanos >= limits.maxHoldNanos(reservation.bytes)) {
          overdue.add(reservation);
        }
      }
      granted = grantWaiting();
    }
    late.forEach(reservation -> reservation.holder.refused(Refusal.WAITED_TOO_LONG));
    overdue.forEach(reservation -> reservation.holder.overdue());
    granted.forEach(reservation -> reservation.holder.granted(reservation));
  }

  /// Bytes taken by answers that are being made or sent.
  public long reservedBytes() {
    synchronized (lock) {
      return reservedBytes;
    }
  }

  /// Answers that wait for memory.
  public int waitingCount() {
    synchronized (lock) {
      return waiting.size();
    }
  }

  public long budgetBytes() {
    return limits.budgetBytes();
  }

  @GuardedBy("lock")
  private boolean take(Reservation reservation) {
    if (reservation.bytes > limits.budgetBytes() - reservedBytes) {
      return false;
    }
    reservedBytes += reservation.bytes;
    reservation.sinceNanos = nanoClock.getAsLong();
    held.add(reservation);
    return true;
  }

  @GuardedBy("lock")
  private List<Reservation> grantWaiting() {
    List<Reservation> granted = new ArrayList<>();
    while (!waiting.isEmpty() && take(waiting.peek())) {
      granted.add(waiting.remove());
    }
    return granted;
  }

  /// One answer's claim.
  final class Reservation {
    private final long bytes;
    private final Holder holder;

    /// When it began to wait; once granted, when that was. Guarded by `lock`.
    private long sinceNanos;

    private Reservation(long bytes, Holder holder, long sinceNanos) {
      this.bytes = bytes;
      this.holder = holder;
      this.sinceNanos = sinceNanos;
    }

    /// Gives the bytes back, or leaves the queue. The second time nothing happens.
    void release() {
      List<Reservation> granted;
      synchronized (lock) {
        if (held.remove(this)) {
          reservedBytes -= bytes;
        } else {
          waiting.remove(this);
        }
        granted = grantWaiting();
      }
      granted.forEach(reservation -> reservation.holder.granted(reservation));
    }
  }
}
