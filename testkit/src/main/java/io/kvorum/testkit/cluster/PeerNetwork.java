package io.kvorum.testkit.cluster;

import io.kvorum.testkit.Ports;
import io.kvorum.testkit.proxy.Link;
import io.kvorum.testkit.proxy.Relay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// What is between the members of a cluster. In front of each member that runs listens a proxy,
/// whose address is the one the member advertises; who dials it is told by the owner of the
/// dialling socket.
///
/// Each ordered pair of members has one link, for whatever the one says to the other, whoever of
/// them has dialled: cutting it leaves the way back open.
public final class PeerNetwork implements AutoCloseable {
  private final List<Front> fronts = new ArrayList<>();
  private final Map<Route, Link> links = new HashMap<>();

  /// By who has dialled whom.
  private final Map<Route, Relay> relays = new HashMap<>();

  private final Supplier<List<OptionalLong>> processes;

  /// @param members where they listen
  /// @param processes for each member the process that runs now
  PeerNetwork(List<InetSocketAddress> members, Supplier<List<OptionalLong>> processes)
      throws IOException {
    this.processes = processes;
    forEachRoute(members.size(), route -> links.put(route, new Link()));
    forEachRoute(
        members.size(),
        route ->
            relays.put(route, new Relay(members.get(route.to()), link(route), link(route.back()))));
    for (int i = 0; i < members.size(); i++) {
      int member = i;
      fronts.add(
          new Front(Ports.free(), () -> isRunning(member), dialled -> connect(dialled, member)));
    }
  }

  private static void forEachRoute(int members, Consumer<Route> action) {
    for (int from = 0; from < members; from++) {
      for (int to = 0; to < members; to++) {
        action.accept(new Route(from, to));
      }
    }
  }

  /// The port that stands for a member.
  int port(int member) {
    return fronts.get(member).port();
  }

  /// Holds back whatever goes one way.
  public void cut(Route route) {
    link(route).block();
  }

  /// Lets whatever goes one way take this much longer.
  public void delay(Route route, Duration delay) {
    link(route).delay(delay);
  }

  /// Breaks the connections that the one has made to the other.
  public void reset(Route route) {
    relay(route).reset();
  }

  /// Breaks all connections.
  public void resetAll() {
    relays.values().forEach(Relay::reset);
  }

  /// Ends all cuts and delays; what was held back goes on.
  public void heal() {
    links.values().forEach(Link::heal);
  }

  private boolean isRunning(int member) {
    List<OptionalLong> running = processes.get();
    return member < running.size() && running.get(member).isPresent();
  }

  private Link link(Route route) {
    return Objects.requireNonNull(links.get(route));
  }

  private Relay relay(Route route) {
    return Objects.requireNonNull(relays.get(route));
  }

  private void connect(Socket dialled, int member) {
    try {
      List<OptionalLong> running = processes.get();
      OptionalLong owner =
          SocketOwner.of(
              dialled.getPort(),
              dialled.getLocalPort(),
              running.stream().flatMapToLong(OptionalLong::stream).toArray());
      if (owner.isPresent()) {
        relay(new Route(running.indexOf(owner), member)).connect(dialled);
      } else {
        dialled.close(); // it has hung up, or died
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot tell who has dialled member " + member, e);
    }
  }

  @Override
  public void close() {
    fronts.forEach(Front::close);
    relays.values().forEach(Relay::close);
    heal(); // whoever waits goes on, and finds its socket closed
  }
}
