package io.kvorum.testkit.cluster;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import io.kvorum.testkit.Ports;
import io.kvorum.testkit.ServerKind;
import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Three members in processes of their own that reach each other directly, so that anybody else can
/// reach their peer ports as well.
final class PlainCluster implements AutoCloseable {
  static final int SIZE = 3;
  private static final int CALL_SECONDS = 20;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final List<Member> members = new ArrayList<>();

  private PlainCluster() {}

  /// Where a member lives and how it is started.
  ///
  /// @param directory has its output, in `server.log`, and its data
  record Place(String name, Path directory, String peerUrl, int clientPort) {
    static Place of(Path parent, String name) throws IOException {
      return new Place(
          name,
          Files.createDirectory(parent.resolve(name)),
          "http://127.0.0.1:" + Ports.free(),
          Ports.free());
    }

    Path data() {
      return directory.resolve("data");
    }

    Path output() {
      return directory.resolve("server.log");
    }

    /// As `--initial-cluster` has it.
    String entry() {
      return name + "=" + peerUrl;
    }

    /// Starts a server here and returns at once.
    ///
    /// @param flags further ones, of which the last counts
    ServerProcess spawn(String initialCluster, String... flags) throws IOException {
      return spawn(ServerKind.KVORUM.command(), initialCluster, flags);
    }

    /// Like the other one, with any program; see [ServerProcess].
    ServerProcess spawn(List<String> program, String initialCluster, String... flags)
        throws IOException {
      List<String> all = new ArrayList<>(List.of("--initial-cluster=" + initialCluster));
      all.addAll(List.of(flags));
      return spawn(program, Map.of(), all);
    }

    /// Starts a server here that is not told who the others are.
    ServerProcess spawnDiscovering(Map<String, String> environment, List<String> flags)
        throws IOException {
      return spawn(ServerKind.KVORUM.command(), environment, flags);
    }

    private ServerProcess spawn(
        List<String> program, Map<String, String> environment, List<String> flags)
        throws IOException {
      String clientUrl = "http://127.0.0.1:" + clientPort;
      List<String> all =
          new ArrayList<>(
              List.of(
                  "--name=" + name,
                  "--data-dir=" + data(),
                  "--listen-client-urls=" + clientUrl,
                  "--advertise-client-urls=" + clientUrl,
                  "--listen-peer-urls=" + peerUrl,
                  "--initial-advertise-peer-urls=" + peerUrl));
      all.addAll(flags);
      return ServerProcess.spawn(program, directory, environment, clientPort, all);
    }
  }

  /// One member and a connection to it. Used by one thread.
  static final class Member implements AutoCloseable {
    private final Place place;
    private final ManagedChannel channel;
    private ServerProcess process;

    /// @param process runs at `place`, and is killed in the end
    Member(Place place, ServerProcess process) {
      this.place = place;
      this.process = process;
      this.channel =
          Grpc.newChannelBuilder(process.endpoint(), InsecureChannelCredentials.create()).build();
    }

    Place place() {
      return place;
    }

    ServerProcess process() {
      return process;
    }

    String endpoint() {
      return process.endpoint();
    }

    StatusResponse status() {
      return maintenance().status(StatusRequest.getDefaultInstance());
    }

    boolean leads() {
      StatusResponse status = status();
      return status.getLeader() == status.getHeader().getMemberId();
    }

    KVGrpc.KVBlockingStub kv() {
      return KVGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    MaintenanceGrpc.MaintenanceBlockingStub maintenance() {
      return MaintenanceGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    /// The answer to an HTTP GET on its client port, whatever its status.
    String page(String path) throws IOException, InterruptedException {
      return HTTP.send(
              HttpRequest.newBuilder(URI.create("http://" + endpoint() + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }

    ClusterGrpc.ClusterBlockingStub cluster() {
      return ClusterGrpc.newBlockingStub(channel)
          .withWaitForReady()
          .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    /// Starts it again, after its process has ended, and returns once it is healthy.
    void startAgain() throws IOException {
      process = process.again();
    }

    /// Starts this program on its data, with these flags in place of those it had, after its
    /// process has ended; returns at once.
    void startAs(List<String> program, String... flags) throws IOException {
      process = place.spawn(program, place.entry(), flags); // its data knows the others
    }

    @Override
    public void close() {
      channel.shutdownNow();
      process.close();
    }
  }

  /// Starts `n0`, `n1` and `n2` below `directory`; returns once all are healthy.
  ///
  /// @param flags further ones, for all members
  static PlainCluster start(Path directory, String... flags) throws IOException {
    return start(ServerKind.KVORUM.command(), directory, flags);
  }

  /// Like the other one, with any program; see [ServerProcess].
  static PlainCluster start(List<String> program, Path directory, String... flags)
      throws IOException {
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      places.add(Place.of(directory, "n" + i));
    }
    PlainCluster cluster = new PlainCluster();
    try {
      for (Place place : places) {
        String founders = founders(places);
        cluster.members.add(new Member(place, place.spawn(program, founders, flags)));
      }
      for (Member member : cluster.members) {
        member.process().awaitHealthy();
      }
      return cluster;
    } catch (IOException e) {
      cluster.close();
      throw e;
    }
  }

  /// The value of `--initial-cluster` that names these.
  static String founders(List<Place> places) {
    return String.join(",", places.stream().map(Place::entry).toList());
  }

  /// The value of `--initial-cluster` that names its members.
  String founders() {
    return founders(members.stream().map(Member::place).toList());
  }

  List<Member> members() {
    return List.copyOf(members);
  }

  Member leader() {
    return members.stream()
        .filter(Member::leads)
        .findFirst()
        .orElseThrow(() -> new AssertionError("nobody leads"));
  }

  /// The members that do not lead.
  List<Member> followers() {
    Member leader = leader();
    return members.stream().filter(member -> member != leader).toList();
  }

  @Override
  public void close() {
    members.forEach(Member::close);
  }
}
