package io.kvorum.server.grpc;

import io.grpc.Status;
import io.kvorum.mvcc.MvccStore;
import io.kvorum.mvcc.ReadTxn;
import io.kvorum.mvcc.RevisionRefused;
import io.kvorum.server.grpc.ReadBudget.Refusal;
import io.kvorum.server.grpc.ReadBudget.Reservation;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/// Runs reads on the threads `range-n`, each on one pinned state, with the memory of its answer
/// reserved beforehand.
///
/// ```
///   size the answer ─small──────────────────────────▶ answer
///         └─large──▶ wait for budget ─granted──▶ make and send ──▶ sent or call ended: release
///                          └─refused, too long──▶ RESOURCE_EXHAUSTED
/// ```
///
/// A pin is held from sizing until the last byte is made, so the two passes agree and no compaction
/// comes between them; the budget bounds how long that is.
final class PinnedReads {
  private final MvccStore store;
  private final Executor threads;
  private final ReadBudget budget;

  PinnedReads(MvccStore store, Executor threads, ReadBudget budget) {
    this.store = store;
    this.threads = threads;
    this.budget = budget;
  }

  /// Pins the newest state for a short read on the calling thread.
  ReadTxn pin() {
    return store.read();
  }

  /// Answers the call with what `sizing` finds on the newest state.
  <M> void answer(Reply<Answer<M>> reply, Function<ReadTxn, SizedRead<M>> sizing) {
    execute(reply, () -> size(reply, sizing));
  }

  private void execute(Reply<?> reply, Runnable task) {
    try {
      threads.execute(task);
    } catch (RejectedExecutionException _) {
      reply.fail(GrpcErrors.TOO_MANY_REQUESTS);
    }
  }

  private <M> void size(Reply<Answer<M>> reply, Function<ReadTxn, SizedRead<M>> sizing) {
    if (reply.isCancelled()) {
      return;
    }
    ReadTxn pinned = store.read();
    LargeRead<M> large = null;
    try {
      SizedRead<M> read = sizing.apply(pinned);
      if (read.bytes() == 0) {
        reply.send(read.make().get());
      } else if (read.bytes() > Integer.MAX_VALUE) {
        reply.fail(GrpcErrors.answerTooLarge(read.bytes()));
      } else {
        large = new LargeRead<>(reply, pinned, read);
      }
    } catch (RevisionRefused refused) {
      reply.fail(GrpcErrors.statusOf(refused));
    } catch (ReadRefused refused) {
      reply.fail(refused.status());
    } catch (CallGone _) {
      // Nobody waits for the answer.
    } finally {
      if (large == null) {
        pinned.close();
      }
    }
    if (large != null) {
      large.begin();
    }
  }

  /// One large answer from the reservation to the end of its call. Whoever moves the state on does
  /// what that step frees.
  private final class LargeRead<M> implements ReadBudget.Holder {
    private enum State {
      WAITING,
      SENDING,
      /// The call ended while the answer was being made; its maker releases the memory.
      ENDED_WHILE_SENDING,
      /// Nothing more is made: all is handed to the transport, or the call has failed or ended.
      SENT
    }

    private final Reply<Answer<M>> reply;
    private final ReadTxn pinned;
    private final SizedRead<M> read;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);

    LargeRead(Reply<Answer<M>> reply, ReadTxn pinned, SizedRead<M> read) {
      this.reply = reply;
      this.pinned = pinned;
      this.read = read;
    }

    void begin() {
      Reservation reservation = budget.reserve(read.bytes(), this);
      reply.whenEnded(() -> callEnded(reservation));
    }

    @Override
    public void granted(Reservation reservation) {
      try {
        threads.execute(() -> send(reservation));
      } catch (RejectedExecutionException _) {
        refuse(GrpcErrors.TOO_MANY_REQUESTS);
      }
    }

    @Override
    public void refused(Refusal refusal) {
      refuse(GrpcErrors.statusOf(refusal, read.bytes(), budget.budgetBytes()));
    }

    @Override
    public void overdue() {
      reply.reset();
    }

    /// Ends the call before anything was made of its answer. Its end frees the reservation.
    private void refuse(Status status) {
      if (state.compareAndSet(State.WAITING, State.SENT)) {
        pinned.close();
        reply.fail(status);
      }
    }

    private void send(Reservation reservation) {
      if (!state.compareAndSet(State.WAITING, State.SENDING)) {
        return;
      }
      try {
        reply.send(read.make().get());
      } catch (RevisionRefused refused) {
        reply.fail(GrpcErrors.statusOf(refused));
      } catch (ReadRefused refused) {
        reply.fail(refused.status());
      } catch (CallGone _) {
        // Nobody waits for the answer.
      } finally {
        pinned.close();
        if (!state.compareAndSet(State.SENDING, State.SENT)) {
          reservation.release();
        }
      }
    }

    private void callEnded(Reservation reservation) {
      if (state.compareAndSet(State.WAITING, State.SENT)) {
        pinned.close();
      }
      if (!state.compareAndSet(State.SENDING, State.ENDED_WHILE_SENDING)) {
        reservation.release();
      }
    }
  }
}
