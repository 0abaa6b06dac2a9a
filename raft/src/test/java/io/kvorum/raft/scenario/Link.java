package io.kvorum.raft.scenario;

import io.kvorum.raft.membership.MemberId;
import java.util.Comparator;

/// The way from one member to another.
record Link(MemberId from, MemberId to) implements Comparable<Link> {
  private static final Comparator<Link> ORDER =
      Comparator.comparing(Link::from).thenComparing(Link::to);

  Link reversed() {
    return new Link(to, from);
  }

  @Override
  public int compareTo(Link other) {
    return ORDER.compare(this, other);
  }
}
