package io.kvorum.raft.scenario;

import io.kvorum.raft.Envelope;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/// Messages on their way, a queue per link. What is sent over a cut link is lost.
final class Network {
  private final NavigableMap<Link, List<Envelope>> queues = new TreeMap<>();
  private final Set<Link> cut = new TreeSet<>();
  private final Map<String, Long> sent = new TreeMap<>();

  void send(Envelope envelope) {
    Link link = new Link(envelope.from(), envelope.to());
    sent.merge(link + " " + MessageForm.kind(envelope), 1L, Long::sum);
    if (!cut.contains(link)) {
      queue(link).add(envelope);
    }
  }

  /// How many messages of this kind were ever sent over `link`.
  long sentOf(Link link, String kind) {
    return sent.getOrDefault(link + " " + kind, 0L);
  }

  List<Link> busyLinks() {
    return queues.entrySet().stream()
        .filter(entry -> !entry.getValue().isEmpty())
        .map(Map.Entry::getKey)
        .toList();
  }

  /// What is on its way over `link`, the oldest first; may be edited.
  List<Envelope> queue(Link link) {
    return queues.computeIfAbsent(link, _ -> new ArrayList<>());
  }

  boolean isCut(Link link) {
    return cut.contains(link);
  }

  /// Cuts one direction, and loses what is under way there.
  void cut(Link link) {
    cut.add(link);
    queue(link).clear();
  }

  void heal() {
    cut.clear();
  }

  void heal(Link link) {
    cut.remove(link);
  }

  /// Loses everything that is on its way to `member`.
  void dropTo(MemberId member) {
    queues.forEach(
        (link, queue) -> {
          if (link.to().equals(member)) {
            queue.clear();
          }
        });
  }
}
