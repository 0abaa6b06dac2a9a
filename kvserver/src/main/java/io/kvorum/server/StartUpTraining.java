package io.kvorum.server;

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

/// The training run behind the start-up cache: starts a member in a temporary directory, asks it a
/// few things, and stops it, so that the JVM sees which classes a start loads. Run by the launcher
/// when it builds.
public final class StartUpTraining {
  private StartUpTraining() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("kvorum-training");
    try {
      run(directory, "http://127.0.0.1:" + freePort(), "http://127.0.0.1:" + freePort());
    } finally {
      delete(directory);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }

  private static void run(Path directory, String url, String peerUrl) throws Exception {
    List<String> flags =
        List.of(
            "--data-dir=" + directory.resolve("default.etcd"),
            "--listen-client-urls=" + url,
            "--advertise-client-urls=" + url,
            "--listen-peer-urls=" + peerUrl,
            "--initial-advertise-peer-urls=" + peerUrl);
    if (ServerFlags.parse(flags, Map.of(), Optional::empty)
        instanceof CommandLine.Run(MemberConfig config, _)) {
      try (Member _ = Member.start(config, FatalErrors.ofProcess(), () -> {});
          HttpClient client = HttpClient.newHttpClient()) {
        for (String path : List.of("/health", "/readyz", "/version", "/metrics")) {
          var _ =
              client.send(
                  HttpRequest.newBuilder(URI.create(url + path)).build(),
                  HttpResponse.BodyHandlers.ofString());
        }
      }
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
