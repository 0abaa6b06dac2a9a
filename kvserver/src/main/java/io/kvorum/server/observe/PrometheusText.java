package io.kvorum.server.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// Writes meters in the Prometheus text format 0.0.4, each under exactly the name it was registered
/// with: Micrometer's own registry would append suffixes that etcd's names do not have.
final class PrometheusText {
  private PrometheusText() {}

  static String of(MeterRegistry registry) {
    NavigableMap<String, List<Meter>> byName = new TreeMap<>();
    for (Meter meter : registry.getMeters()) {
      if (meter.getId().syntheticAssociation() != null) {
        continue; // one bucket of a histogram, which is written whole
      }
      byName.computeIfAbsent(name(meter), _ -> new ArrayList<>()).add(meter);
    }
    StringBuilder text = new StringBuilder(64 << 10);
    byName.forEach((name, meters) -> family(text, name, meters));
    return text.toString();
  }

  private static String name(Meter meter) {
    return meter.getId().getName().replace('.', '_');
  }

  private static void family(StringBuilder text, String name, List<Meter> meters) {
    Optional<String> type = type(meters.getFirst());
    if (type.isEmpty()) {
      return;
    }
    String help = meters.getFirst().getId().getDescription();
    text.append("# HELP ").append(name).append(' ').append(help == null ? "" : help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type.get()).append('\n');
    for (Meter meter : meters) {
      switch (meter) {
        case Counter counter -> sample(text, name, meter, "", counter.count());
        case FunctionCounter counter -> sample(text, name, meter, "", counter.count());
        case Gauge gauge -> sample(text, name, meter, "", gauge.value());
        case Timer timer -> histogram(text, name, timer);
        default -> {
          // Other kinds have no type here and were left out above.
        }
      }
    }
  }

  private static Optional<String> type(Meter meter) {
    return switch (meter) {
      case Counter _, FunctionCounter _ -> Optional.of("counter");
      case Gauge _ -> Optional.of("gauge");
      case Timer _ -> Optional.of("histogram");
      default -> Optional.empty();
    };
  }

  /// Times in seconds.
  private static void histogram(StringBuilder text, String name, Timer timer) {
    HistogramSnapshot snapshot = timer.takeSnapshot();
    double count = snapshot.count();
    for (CountAtBucket bucket : snapshot.histogramCounts()) {
      String bound = "le=\"" + number(bucket.bucket(TimeUnit.SECONDS)) + "\"";
      sample(text, name + "_bucket", timer, bound, bucket.count());
    }
    sample(text, name + "_bucket", timer, "le=\"+Inf\"", count);
    sample(text, name + "_sum", timer, "", snapshot.total(TimeUnit.SECONDS));
    sample(text, name + "_count", timer, "", count);
  }

  private static void sample(
      StringBuilder text, String name, Meter meter, String label, double value) {
    text.append(name);
    List<Tag> tags = meter.getId().getTags();
    if (!tags.isEmpty() || !label.isEmpty()) {
      text.append('{');
      String separator = "";
      for (Tag tag : tags) {
        text.append(separator).append(tag.getKey()).append("=\"");
        text.append(escaped(tag.getValue())).append('"');
        separator = ",";
      }
      if (!label.isEmpty()) {
        text.append(separator).append(label);
      }
      text.append('}');
    }
    text.append(' ').append(number(value)).append('\n');
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  /// Whole numbers without a fraction, as Go writes them.
  static String number(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    return Double.isNaN(value) ? "NaN" : Double.toString(value);
  }
}
