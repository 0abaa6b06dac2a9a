package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.Note;
import io.kvorum.proto.peer.Question;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.CallFailure.Refusal;
import io.kvorum.server.propose.LoopTasks;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Questions between the servers of two members, over the notes of the peer transport.
///
/// ```
/// ask --flush--> sent --answer--> answered | refused
///  |      |        |--timeout, connection lost--> no answer (the peer may have acted)
///  |      |--dropped--> not sent (nothing happened)
///  |--bound reached, stopped--> not sent
/// ```
///
/// What is asked in one turn of an event loop travels together: a client renews all its leases in
/// one go. A token belongs to this boot and to the member asked, so neither a late answer nor a
/// stranger's is taken for another.
///
/// Safe for any thread; nobody is called under a lock.
public final class PeerCalls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerCalls.class);

  private final Transport transport;
  private final PeerHandler handler;
  private final CallLimits limits;
  private final LongSupplier nanoClock;
  private final AtomicLong nextToken;
  private final Map<Long, OpenCall<?>> open = new ConcurrentHashMap<>();
  private final AtomicInteger held = new AtomicInteger();
  private final Outbox outbox = new Outbox();
  private final AtomicBoolean isFlushScheduled = new AtomicBoolean();
  private final Executor replies = this::runAndFlush;
  private volatile boolean isClosed;

  /// @param firstToken where tokens start; must be above every token of earlier boots
  public PeerCalls(
      long firstToken,
      Transport transport,
      PeerHandler handler,
      CallLimits limits,
      LongSupplier nanoClock) {
    this.nextToken = new AtomicLong(firstToken);
    this.transport = transport;
    this.handler = handler;
    this.limits = limits;
    this.nanoClock = nanoClock;
  }

  /// The way to the other members; at most once, never waits.
  public interface Transport {
    /// False if the note was dropped; true promises nothing.
    boolean send(MemberId to, ByteString note);
  }

  /// Receives the one outcome of a question, on the event loop that was named with it.
  public interface Callback<A extends PeerAnswer> {
    void answered(A answer);

    void failed(CallFailure failure);
  }

  /// Asks another member. May be called by any thread; returns without waiting.
  public <A extends PeerAnswer> void ask(
      MemberId peer,
      PeerQuestion<A> question,
      Duration timeout,
      Executor loop,
      Callback<A> callback) {
    long deadlineNanos = nanoClock.getAsLong() + timeout.toNanos();
    OpenCall<A> call = new OpenCall<>(peer, question, deadlineNanos, loop, callback);
    if (isClosed || open.size() >= limits.openCalls()) {
      loop.execute(() -> callback.failed(new CallFailure.NotSent()));
      return;
    }
    long token = nextToken.getAndIncrement();
    open.put(token, call);
    outbox.add(peer, CallCodec.question(token, question));
    if (isFlushScheduled.compareAndSet(false, true)) {
      loop.execute(this::flush);
    }
    if (isClosed) {
      failAll(_ -> true);
    }
  }

  /// Takes the note of a peer. Called by the event loop of its connection.
  public void noted(MemberId from, ByteString note) {
    Note parsed;
    try {
      parsed = Note.parseFrom(note);
    } catch (InvalidProtocolBufferException e) {
      LOG.atWarn().addKeyValue("peer", from).setCause(e).log("note of a peer cannot be read");
      return;
    }
    LoopTasks tasks = new LoopTasks();
    for (Answer answer : parsed.getAnswersList()) {
      take(from, answer, tasks);
    }
    tasks.dispatch();
    runAndFlush(() -> parsed.getQuestionsList().forEach(question -> hold(from, question)));
  }

  /// Questions to the peer, or their answers, may be lost: its connection of either direction has
  /// ended, or it was reported unreachable. Any thread.
  public void connectionLost(MemberId peer) {
    failAll(call -> call.isSent() && call.peer.equals(peer));
  }

  /// Fails the calls whose time is up. Called a few times per second.
  public void tick(long nowNanos) {
    failAll(call -> call.isOverdue(nowNanos));
    flush();
  }

  /// Fails everything that waits, and everything asked from now on. Others are still answered as
  /// long as the handler and the transport live.
  @Override
  public void close() {
    isClosed = true;
    failAll(_ -> true);
  }

  private void take(MemberId from, Answer answer, LoopTasks tasks) {
    OpenCall<?> call = open.get(answer.getToken());
    if (call == null || !call.peer.equals(from) || !open.remove(answer.getToken(), call)) {
      return;
    }
    CallCodec.read(answer)
        .ifPresentOrElse(
            given -> call.answer(given, tasks), () -> call.fail(CallCodec.failure(answer), tasks));
  }

  private void hold(MemberId from, Question wire) {
    Optional<PeerQuestion<?>> question = CallCodec.read(wire);
    if (question.isEmpty()) {
      outbox.add(from, CallCodec.refusal(wire.getToken(), Refusal.UNSUPPORTED));
    } else if (held.incrementAndGet() > limits.heldQuestions()) {
      held.decrementAndGet();
      outbox.add(from, CallCodec.refusal(wire.getToken(), Refusal.OVERLOADED));
    } else {
      handle(question.get(), new Held(from, wire.getToken()));
    }
  }

  private void handle(PeerQuestion<?> question, Held asked) {
    switch (question) {
      case PeerQuestion.KeepAlive(var lease) ->
          handler.keepAlive(lease, replies, new HeldReply<>(asked));
      case PeerQuestion.TimeToLive(var lease) ->
          handler.timeToLive(lease, replies, new HeldReply<>(asked));
      case PeerQuestion.Change(var command) ->
          handler.change(command, replies, new HeldReply<>(asked));
      case PeerQuestion.Hash(var revision) ->
          handler.hash(revision, replies, new HeldReply<>(asked));
      case PeerQuestion.Version() -> handler.version(replies, new HeldReply<>(asked));
    }
  }

  private void runAndFlush(Runnable task) {
    task.run();
    flush();
  }

  private void flush() {
    isFlushScheduled.set(false);
    for (Outbox.Outgoing outgoing : outbox.take()) {
      boolean isSent = transport.send(outgoing.to(), outgoing.note().toByteString());
      LoopTasks tasks = new LoopTasks();
      for (Question question : outgoing.note().getQuestionsList()) {
        if (isSent) {
          sent(question.getToken());
        } else {
          fail(question.getToken(), new CallFailure.NotSent(), tasks);
        }
      }
      tasks.dispatch();
    }
  }

  private void sent(long token) {
    OpenCall<?> call = open.get(token);
    if (call != null) {
      call.sent();
    }
  }

  private void fail(long token, CallFailure failure, LoopTasks tasks) {
    OpenCall<?> call = open.remove(token);
    if (call != null) {
      call.fail(failure, tasks);
    }
  }

  private void failAll(Predicate<OpenCall<?>> which) {
    LoopTasks tasks = new LoopTasks();
    open.forEach(
        (token, call) -> {
          if (which.test(call)) {
            fail(token, new CallFailure.NoAnswer(), tasks);
          }
        });
    tasks.dispatch();
  }

  /// Who asked, and under which token.
  private record Held(MemberId from, long token) {}

  private final class HeldReply<A extends PeerAnswer> implements PeerHandler.Reply<A> {
    private final Held asked;

    HeldReply(Held asked) {
      this.asked = asked;
    }

    @Override
    public void answer(A answer) {
      held.decrementAndGet();
      outbox.add(asked.from(), CallCodec.answer(asked.token(), answer));
    }

    @Override
    public void refuse(Refusal why) {
      held.decrementAndGet();
      outbox.add(asked.from(), CallCodec.refusal(asked.token(), why));
    }
  }
}
