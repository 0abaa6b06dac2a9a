package io.kvorum.server.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The text format 0.0.4, read by an independent small parser.
class PrometheusTextTest {
  private static final Pattern SAMPLE =
      Pattern.compile(
          "([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{([a-zA-Z_]\\w*=\"(?:[^\"\\\\]|\\\\.)*\",?)*\\})? (\\S+)");

  private final ServerMetrics metrics = new ServerMetrics(Observations.BASIC, System::nanoTime);

  /// Sample name with labels → value; fails on anything that is not the format.
  private Map<String, Double> samples() {
    Map<String, Double> samples = new HashMap<>();
    Set<String> families = new LinkedHashSet<>();
    String family = "";
    for (String line : metrics.text().lines().toList()) {
      if (line.startsWith("# TYPE ")) {
        family = line.split(" ", -1)[2];
        assertThat(families.add(family)).as("one block of %s", family).isTrue();
        assertThat(List.of("counter", "gauge", "histogram")).contains(line.split(" ", -1)[3]);
      } else if (!line.startsWith("# HELP ")) {
        Matcher sample = SAMPLE.matcher(line);
        assertThat(sample.matches()).as(line).isTrue();
        assertThat(sample.group(1)).startsWith(family);
        String key = line.substring(0, line.lastIndexOf(' '));
        assertThat(samples.put(key, Double.valueOf(sample.group(4)))).as(key).isNull();
      }
    }
    return samples;
  }

  @Test
  void allMeters_written_parse() {
    metrics.calls().of("bidi_stream", "etcdserverpb.Watch", "Watch").started();

    assertThat(samples())
        .containsEntry(
            "grpc_server_started_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\","
                + "grpc_type=\"bidi_stream\"}",
            1.0);
  }

  @Test
  void syncs_recorded_fallIntoEtcdsBuckets() {
    metrics.logDisk().synced(900_000);
    metrics.logDisk().synced(3_000_000);
    metrics.logDisk().synced(20_000_000_000L);

    String name = "etcd_disk_wal_fsync_duration_seconds";
    assertThat(samples())
        .containsEntry(name + "_bucket{le=\"0.001\"}", 1.0)
        .containsEntry(name + "_bucket{le=\"0.002\"}", 1.0)
        .containsEntry(name + "_bucket{le=\"0.004\"}", 2.0)
        .containsEntry(name + "_bucket{le=\"8.192\"}", 2.0)
        .containsEntry(name + "_bucket{le=\"+Inf\"}", 3.0)
        .containsEntry(name + "_count", 3.0)
        .containsEntry(name + "_sum", 20.0039);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "17, 17", "0.5, 0.5", "1e18, 1.0E18", "NaN, NaN", "-3, -3"})
  void number_written_isReadableByGo(double value, String text) {
    assertThat(PrometheusText.number(value)).isEqualTo(text);
  }
}
