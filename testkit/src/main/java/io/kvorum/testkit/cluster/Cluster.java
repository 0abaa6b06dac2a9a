package io.kvorum.testkit.cluster;

import io.kvorum.testkit.Ports;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A new cluster of some members, each a process of its own on this machine, that reach each other
/// through a [PeerNetwork] and are reached by clients directly. Closing kills them all.
public final class Cluster implements AutoCloseable {
  private final List<ClusterMember> members = new CopyOnWriteArrayList<>();
  private final PeerNetwork network;

  private Cluster(Settings settings) throws IOException {
    List<Integer> peerPorts = new ArrayList<>();
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      int port = Ports.free();
      peerPorts.add(port);
      addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
    network = new PeerNetwork(addresses, () -> members.stream().map(ClusterMember::pid).toList());
    String founders =
        IntStream.range(0, settings.size())
            .mapToObj(i -> name(i) + "=" + peerUrl(i))
            .collect(Collectors.joining(","));
    for (int i = 0; i < settings.size(); i++) {
      Path directory = Files.createDirectories(settings.directory().resolve(name(i)));
      int clientPort = Ports.free();
      List<String> flags = new ArrayList<>();
      flags.add("--name=" + name(i));
      flags.add("--data-dir=" + directory.resolve("data"));
      flags.add("--listen-client-urls=http://127.0.0.1:" + clientPort);
      flags.add("--advertise-client-urls=http://127.0.0.1:" + clientPort);
      flags.add("--listen-peer-urls=http://127.0.0.1:" + peerPorts.get(i));
      flags.add("--initial-advertise-peer-urls=" + peerUrl(i));
      flags.add("--initial-cluster=" + founders);
      flags.add("--initial-cluster-token=" + settings.directory().getFileName());
      flags.add("--initial-cluster-state=new");
      flags.addAll(settings.flags());
      members.add(
          new ClusterMember(
              i, settings.kind(), directory, clientPort, flags, settings.environment()));
    }
  }

  /// What a cluster is made of.
  ///
  /// @param size how many members
  /// @param directory has a directory for each member, `n1` and so on; also names the cluster
  /// @param flags further ones, for all members
  /// @param environment further variables, for all members
  public record Settings(
      ServerKind kind,
      int size,
      Path directory,
      List<String> flags,
      Map<String, String> environment) {
    public Settings {
      flags = List.copyOf(flags);
      environment = Map.copyOf(environment);
    }

    public static Settings of(ServerKind kind, int size, Path directory) {
      return new Settings(kind, size, directory, List.of(), Map.of());
    }
  }

  /// Starts all members and returns once all are healthy.
  public static Cluster start(Settings settings) throws IOException {
    Cluster cluster = new Cluster(settings);
    try {
      for (ClusterMember member : cluster.members) {
        member.start();
      }
      for (ClusterMember member : cluster.members) {
        member.awaitHealthy();
      }
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw e;
    }
  }

  static String name(int member) {
    return "n" + (member + 1);
  }

  private String peerUrl(int member) {
    return "http://127.0.0.1:" + network.port(member);
  }

  public List<ClusterMember> members() {
    return List.copyOf(members);
  }

  /// What clients connect to, in the order of the members.
  public List<String> endpoints() {
    return members.stream().map(ClusterMember::endpoint).toList();
  }

  public PeerNetwork network() {
    return network;
  }

  @Override
  public void close() {
    members.forEach(ClusterMember::close);
    network.close();
  }
}
