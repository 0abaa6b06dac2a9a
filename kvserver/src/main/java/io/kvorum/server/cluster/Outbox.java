package io.kvorum.server.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.MessageLite;
import io.kvorum.invariant.Invariant;
import io.kvorum.proto.peer.Answer;
import io.kvorum.proto.peer.Note;
import io.kvorum.proto.peer.Question;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.raft.peer.WireCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Questions and answers on their way out. What gathers for one member until the next [#take]
/// leaves in one note, or in as few as its length allows.
///
/// Bounded by the open calls and the held questions. Safe for any thread.
final class Outbox {
  /// A field's tag and the length of what follows: two bytes and at most three.
  private static final int FIELD_BYTES = 5;

  private final Object lock = new Object();

  @GuardedBy("lock")
  private Map<MemberId, Waiting> waiting = new TreeMap<>();

  /// A note to be sent.
  record Outgoing(MemberId to, Note note) {}

  void add(MemberId to, Question question) {
    checkLength(question);
    synchronized (lock) {
      waitingFor(to).questions.add(question);
    }
  }

  void add(MemberId to, Answer answer) {
    checkLength(answer);
    synchronized (lock) {
      waitingFor(to).answers.add(answer);
    }
  }

  /// Takes everything, in order for each member.
  List<Outgoing> take() {
    Map<MemberId, Waiting> taken;
    synchronized (lock) {
      if (waiting.isEmpty()) {
        return List.of();
      }
      taken = waiting;
      waiting = new TreeMap<>();
    }
    List<Outgoing> notes = new ArrayList<>();
    taken.forEach((to, gathered) -> pack(to, gathered, notes));
    return notes;
  }

  private static void pack(MemberId to, Waiting gathered, List<Outgoing> notes) {
    Note.Builder note = Note.newBuilder();
    int bytes = 0;
    for (Answer answer : gathered.answers) {
      bytes += FIELD_BYTES + answer.getSerializedSize();
      if (bytes > WireCodec.NOTE_BYTES) {
        notes.add(new Outgoing(to, note.build()));
        note.clear();
        bytes = FIELD_BYTES + answer.getSerializedSize();
      }
      note.addAnswers(answer);
    }
    for (Question question : gathered.questions) {
      bytes += FIELD_BYTES + question.getSerializedSize();
      if (bytes > WireCodec.NOTE_BYTES) {
        notes.add(new Outgoing(to, note.build()));
        note.clear();
        bytes = FIELD_BYTES + question.getSerializedSize();
      }
      note.addQuestions(question);
    }
    notes.add(new Outgoing(to, note.build()));
  }

  private static void checkLength(MessageLite part) {
    Invariant.check(
        FIELD_BYTES + part.getSerializedSize() <= WireCodec.NOTE_BYTES,
        "%d bytes do not fit a note",
        part.getSerializedSize());
  }

  @GuardedBy("lock")
  private Waiting waitingFor(MemberId to) {
    return waiting.computeIfAbsent(to, _ -> new Waiting());
  }

  private static final class Waiting {
    final List<Question> questions = new ArrayList<>();
    final List<Answer> answers = new ArrayList<>();
  }
}
