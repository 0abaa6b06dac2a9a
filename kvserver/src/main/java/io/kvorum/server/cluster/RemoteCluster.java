package io.kvorum.server.cluster;

import io.kvorum.proto.storage.Member;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.config.InitialCluster;
import io.kvorum.server.config.ListenUrl;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// What the other members of the initial cluster say about it, asked over their peer ports by a
/// member that has no data yet (operations.md §5.1).
public final class RemoteCluster {
  private static final Duration QUICK = Duration.ofSeconds(1);
  private static final Duration PATIENT = Duration.ofSeconds(10);
  private static final String MEMBERS = "/members";
  private static final String VERSION = "/version";
  private static final String CLUSTER_ID = "X-Etcd-Cluster-ID";
  private static final String MEMBER_ID = "X-Kvorum-Member-ID";

  private final List<ListenUrl> peers;

  private RemoteCluster(List<ListenUrl> peers) {
    this.peers = List.copyOf(peers);
  }

  /// The cluster as a peer knows it.
  public record Known(long clusterId, List<Member> members) {
    public Known {
      members = List.copyOf(members);
    }

    /// Whether the member has been running before: only then are its client URLs known.
    public boolean hasStarted(MemberId member) {
      return members.stream()
          .anyMatch(
              known -> known.getId() == member.value() && !known.getClientUrlsList().isEmpty());
    }
  }

  /// Asks the members of `cluster`.
  ///
  /// @param name of the asking member, which does not ask itself
  public static RemoteCluster reachedFrom(String name, InitialCluster cluster) {
    List<ListenUrl> peers = new ArrayList<>();
    cluster
        .members()
        .forEach(
            (member, urls) -> {
              if (!member.equals(name)) {
                peers.addAll(urls);
              }
            });
    return new RemoteCluster(peers);
  }

  /// Whether a running cluster knows this member, and that it has been running before.
  public boolean hasStarted(MemberId member) {
    return ask(QUICK).stream().anyMatch(known -> known.hasStarted(member));
  }

  /// The URL at which this member is running already, as another process: the data directory of
  /// this one is a copy then. The peers could not tell: to them, it has merely started again.
  ///
  /// @param ownUrls the peer URLs of this member, on which this process does not listen yet
  public static Optional<String> twinOf(MemberId self, long clusterId, List<String> ownUrls) {
    return ownUrls.stream().filter(url -> isAnswered(url, self, clusterId)).findFirst();
  }

  private static boolean isAnswered(String url, MemberId self, long clusterId) {
    if (!isListening(url)) {
      return false; // almost always, and without an HTTP client
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(QUICK).build()) {
      return get(http, url + MEMBERS, QUICK)
          .filter(
              answer -> answer.headers().firstValue(MEMBER_ID).equals(Optional.of(self.toString())))
          .flatMap(RemoteCluster::read)
          .filter(known -> known.clusterId() == clusterId)
          .isPresent();
    }
  }

  private static boolean isListening(String url) {
    try (Socket socket = new Socket()) {
      URI uri = URI.create(url);
      if (uri.getHost() == null || uri.getPort() < 0) {
        return false;
      }
      socket.connect(
          new InetSocketAddress(uri.getHost(), uri.getPort()), Math.toIntExact(QUICK.toMillis()));
      return true;
    } catch (IOException | IllegalArgumentException _) {
      return false;
    }
  }

  /// Asks one peer after the other until one answers.
  public Optional<Known> ask() {
    return ask(PATIENT);
  }

  /// Asks one peer after the other, until one answers, what the cluster has reached.
  public Optional<ReachedVersion> reached() {
    return first(PATIENT, VERSION, RemoteCluster::readVersion);
  }

  private Optional<Known> ask(Duration patience) {
    return first(patience, MEMBERS, RemoteCluster::read);
  }

  /// What the first peer says at the path that gives an answer.
  private <T> Optional<T> first(
      Duration patience, String path, Function<HttpResponse<String>, Optional<T>> read) {
    if (peers.isEmpty()) {
      return Optional.empty();
    }
    try (HttpClient http = HttpClient.newBuilder().connectTimeout(patience).build()) {
      return peers.stream()
          .filter(url -> !url.scheme().isSocketFile())
          .flatMap(url -> get(http, url.text() + path, patience).flatMap(read).stream())
          .findFirst();
    }
  }

  private static Optional<HttpResponse<String>> get(
      HttpClient http, String url, Duration patience) {
    try {
      return Optional.of(
          http.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(patience).build(),
              HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty(); // not running yet
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /// Empty for an answer that this program does not understand.
  private static Optional<Known> read(HttpResponse<String> response) {
    try {
      Optional<String> cluster = response.headers().firstValue(CLUSTER_ID);
      return response.statusCode() == 200 && cluster.isPresent()
          ? Optional.of(
              new Known(
                  Long.parseUnsignedLong(cluster.get(), 16), MemberListJson.read(response.body())))
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<ReachedVersion> readVersion(HttpResponse<String> response) {
    try {
      return response.statusCode() == 200
          ? Optional.of(ReachedVersion.read(response.body()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /// Members for an error text: `id=[urls], ...`.
  public static String describe(List<Member> members) {
    return members.stream()
        .map(member -> Long.toHexString(member.getId()) + "=" + member.getPeerUrlsList())
        .collect(Collectors.joining(", "));
  }
}
