package io.kvorum.server.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kvorum.proto.peer.Note;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;

/// Carries notes between members when the test says so.
final class Network {
  private final Map<MemberId, PeerCalls> members = new TreeMap<>();
  private final Queue<Sent> underWay = new ArrayDeque<>();
  private final Set<MemberId> unreachable = new HashSet<>();

  /// Everything that was sent, delivered or not.
  final List<Sent> all = new ArrayList<>();

  record Sent(MemberId from, MemberId to, ByteString bytes) {
    Note note() {
      try {
        return Note.parseFrom(bytes);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
  }

  void join(MemberId member, PeerCalls calls) {
    members.put(member, calls);
  }

  /// The member's way to the others.
  PeerCalls.Transport of(MemberId from) {
    return (to, bytes) -> {
      if (unreachable.contains(to)) {
        return false;
      }
      Sent sent = new Sent(from, to, bytes);
      all.add(sent);
      underWay.add(sent);
      return true;
    };
  }

  /// Nothing is taken for the member any more, and what is under way to it is lost.
  void cut(MemberId to) {
    unreachable.add(to);
    underWay.removeIf(sent -> sent.to().equals(to));
  }

  /// What is under way is lost.
  void lose() {
    underWay.clear();
  }

  void deliver() {
    while (!underWay.isEmpty()) {
      Sent next = underWay.remove();
      PeerCalls receiver = members.get(next.to());
      if (receiver != null) {
        receiver.noted(next.from(), next.bytes());
      }
    }
  }
}
