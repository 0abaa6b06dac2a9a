package io.kvorum.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.cluster.PlainCluster.Member;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a Prometheus server scrapes from the members of a cluster about each other, followers among
/// themselves included (operations.md §3).
class PeerMetricsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir private Path directory;

  @Test
  void threeMembers_scraped_eachHasBytesAndRoundTripsOfBothOthers() throws Exception {
    try (PlainCluster cluster = PlainCluster.start(directory);
        HttpClient http = HttpClient.newHttpClient()) {
      for (Member member : cluster.members()) {
        String self = hex(member.status().getHeader().getMemberId());
        List<String> others =
            cluster.members().stream()
                .map(other -> hex(other.status().getHeader().getMemberId()))
                .filter(other -> !other.equals(self))
                .toList();

        for (String other : others) {
          awaitPositive(http, member, "peer_sent_bytes_total{To=\"%s\"}".formatted(other));
          awaitPositive(http, member, "peer_received_bytes_total{From=\"%s\"}".formatted(other));
          awaitPositive(
              http, member, "peer_round_trip_time_seconds_count{To=\"%s\"}".formatted(other));
          awaitPositive(
              http, member, "active_peers{Local=\"%s\",Remote=\"%s\"}".formatted(self, other));
          awaitPositive(
              http, member, "known_peers{Local=\"%s\",Remote=\"%s\"}".formatted(self, other));
        }
      }
    }
  }

  private static String hex(long memberId) {
    return Long.toHexString(memberId);
  }

  private static void awaitPositive(HttpClient http, Member member, String series)
      throws Exception {
    String sample = "etcd_network_" + series + " ";
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String text = scrape(http, member);
    while (!isPositive(text, sample) && System.nanoTime() < deadline) {
      Thread.sleep(100);
      text = scrape(http, member);
    }
    assertThat(isPositive(text, sample)).as(sample + "in " + text).isTrue();
  }

  private static boolean isPositive(String text, String sample) {
    return text.lines()
        .filter(line -> line.startsWith(sample))
        .anyMatch(line -> Double.parseDouble(line.substring(sample.length())) > 0);
  }

  private static String scrape(HttpClient http, Member member) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + member.endpoint() + "/metrics")).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
