package io.kvorum.testkit.cluster;

import io.kvorum.testkit.Ports;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.SmallDisk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A new cluster of some members, each a process of its own on this machine, that reach each other
/// through a [PeerNetwork] and are reached by clients directly. Closing kills them all, and so does
/// the end of this process.
public final class Cluster implements AutoCloseable {
  private final Settings settings;
  private final List<Integer> peerPorts = new ArrayList<>();
  private final List<ClusterMember> members = new CopyOnWriteArrayList<>();
  private final PeerNetwork network;
  private final AtomicBoolean isEnded = new AtomicBoolean();
  private final Thread atExit = Thread.ofPlatform().name("cluster-exit").unstarted(this::end);

  private Cluster(Settings settings) throws IOException {
    this.settings = settings;
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 0; i < settings.size(); i++) {
      int port = Ports.free();
      peerPorts.add(port);
      addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }
    network = new PeerNetwork(addresses, () -> members.stream().map(ClusterMember::pid).toList());
  }

  /// What a cluster is made of.
  ///
  /// @param size how many members
  /// @param directory has a directory for each member, `n1` and so on; also names the cluster
  /// @param diskMebibytes if present, each member's data lies on a disk in memory of this size, for
  ///   which this process must be allowed to mount
  /// @param compiler if present, members get [ProcessFaults] that this C compiler makes
  /// @param flags further ones, for all members
  public record Settings(
      ServerKind kind,
      int size,
      Path directory,
      OptionalInt diskMebibytes,
      Optional<Path> compiler,
      List<String> flags) {
    public Settings {
      flags = List.copyOf(flags);
    }

    public static Settings of(ServerKind kind, int size, Path directory) {
      return new Settings(kind, size, directory, OptionalInt.empty(), Optional.empty(), List.of());
    }
  }

  /// Starts all members and returns once all are healthy.
  public static Cluster start(Settings settings) throws IOException {
    Cluster cluster = new Cluster(settings);
    Runtime.getRuntime().addShutdownHook(cluster.atExit);
    try {
      for (int i = 0; i < settings.size(); i++) {
        cluster.members.add(cluster.member(i));
      }
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

  private ClusterMember member(int index) throws IOException {
    Path directory = Files.createDirectories(settings.directory().resolve(name(index)));
    Path disk = Files.createDirectories(directory.resolve("disk"));
    ClusterMember.Place place =
        new ClusterMember.Place(directory, mounted(disk), processFaults(directory, disk));
    int clientPort = Ports.free();
    String clientUrl = "http://127.0.0.1:" + clientPort;
    List<String> flags = new ArrayList<>();
    flags.add("--name=" + name(index));
    flags.add("--data-dir=" + disk.resolve("data"));
    flags.add("--listen-client-urls=" + clientUrl);
    flags.add("--advertise-client-urls=" + clientUrl);
    flags.add("--listen-peer-urls=http://127.0.0.1:" + peerPorts.get(index));
    flags.add("--initial-advertise-peer-urls=" + peerUrl(index));
    flags.add("--initial-cluster=" + founders());
    flags.add("--initial-cluster-token=" + settings.directory().getFileName());
    flags.add(ClusterMember.STATE_FLAG + "new");
    flags.addAll(settings.flags());
    return new ClusterMember(index, settings.kind(), place, peerUrl(index), clientPort, flags);
  }

  private Optional<SmallDisk> mounted(Path directory) throws IOException {
    return settings.diskMebibytes().isPresent()
        ? Optional.of(SmallDisk.mount(directory, settings.diskMebibytes().getAsInt()))
        : Optional.empty();
  }

  private Optional<ProcessFaults> processFaults(Path directory, Path disk) throws IOException {
    return settings.compiler().isPresent()
        ? Optional.of(ProcessFaults.prepare(settings.compiler().get(), directory, disk))
        : Optional.empty();
  }

  private String founders() {
    return IntStream.range(0, settings.size())
        .mapToObj(i -> name(i) + "=" + peerUrl(i))
        .collect(Collectors.joining(","));
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
    end();
    try {
      boolean _ = Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException _) {
      return; // this process is ending
    }
  }

  private void end() {
    if (isEnded.compareAndSet(false, true)) {
      members.forEach(ClusterMember::kill);
      network.close();
      members.forEach(ClusterMember::close);
    }
  }
}
