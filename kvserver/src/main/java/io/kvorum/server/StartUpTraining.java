package io.kvorum.server;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.server.config.CommandLine;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.ServerFlags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The training run behind the start-up cache: a member starts in a temporary directory, is asked a
/// few things, and gets a learner that it sends a snapshot to, so that the JVM sees which classes
/// are loaded by a member that founds a cluster, and by one that joins. Run by the launcher when it
/// builds.
public final class StartUpTraining {
  private static final int KEPT_ENTRIES = 10; // of the log: fewer than were written

  private StartUpTraining() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("kvorum-training");
    try {
      Place first = Place.in(directory, "first");
      try (Member _ = start(first, "new", first.founder())) {
        askOverHttp(first.url());
        Place second = Place.in(directory, "second");
        ManagedChannel channel =
            Grpc.newChannelBuilder(
                    URI.create(first.url()).getAuthority(), InsecureChannelCredentials.create())
                .build();
        fill(channel, second);
        try (Member _ = start(second, "existing", first.founder() + "," + second.founder())) {
          askOverHttp(second.url());
        }
        channel.shutdownNow();
      }
    } finally {
      delete(directory);
    }
  }

  /// Where a member lives.
  private record Place(String name, Path data, String url, String peerUrl) {
    static Place in(Path directory, String name) throws IOException {
      return new Place(
          name,
          directory.resolve(name),
          "http://127.0.0.1:" + freePort(),
          "http://127.0.0.1:" + freePort());
    }

    String founder() {
      return name + "=" + peerUrl;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static Member start(Place place, String state, String founders) throws Exception {
    List<String> flags =
        List.of(
            "--name=" + place.name(),
            "--data-dir=" + place.data(),
            "--listen-client-urls=" + place.url(),
            "--advertise-client-urls=" + place.url(),
            "--listen-peer-urls=" + place.peerUrl(),
            "--initial-advertise-peer-urls=" + place.peerUrl(),
            "--initial-cluster=" + founders,
            "--initial-cluster-state=" + state,
            "--snapshot-catchup-entries=" + KEPT_ENTRIES);
    if (ServerFlags.parse(flags, Map.of(), Optional::empty)
        instanceof CommandLine.Run(MemberConfig config, _)) {
      return Member.start(config, FatalErrors.ofProcess(), () -> {});
    }
    throw new IllegalStateException("refused: " + flags);
  }

  private static void askOverHttp(String url) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (String path : List.of("/health", "/readyz", "/version", "/metrics")) {
        var _ =
            client.send(
                HttpRequest.newBuilder(URI.create(url + path)).build(),
                HttpResponse.BodyHandlers.ofString());
      }
    }
  }

  /// Writes more than is kept of the log, and makes room for another member.
  private static void fill(Channel channel, Place joining) {
    KVGrpc.KVBlockingStub keys = KVGrpc.newBlockingStub(channel);
    ByteString key = ByteString.copyFromUtf8("training");
    for (int i = 0; i < 2 * KEPT_ENTRIES; i++) {
      var _ = keys.put(PutRequest.newBuilder().setKey(key).setValue(key).build());
    }
    var _ = keys.range(RangeRequest.newBuilder().setKey(key).build());
    MemberAddRequest learner =
        MemberAddRequest.newBuilder().addPeerURLs(joining.peerUrl()).setIsLearner(true).build();
    var _ = ClusterGrpc.newBlockingStub(channel).memberAdd(learner);
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
