package io.kvorum.server.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.DoubleSupplier;

/// Makes meters with their help texts. Safe for any thread.
final class Meters {
  private static final Duration NEVER = Duration.ofDays(3650);

  private final MeterRegistry registry = new SimpleMeterRegistry();

  /// Exponential buckets, each twice the one before, as etcd has them.
  static Duration[] doubling(Duration first, int buckets) {
    Duration[] bounds = new Duration[buckets];
    for (int i = 0; i < buckets; i++) {
      bounds[i] = first.multipliedBy(1L << i);
    }
    return bounds;
  }

  /// Buckets as Prometheus clients have them by default.
  static Duration[] standard() {
    return Arrays.stream(new int[] {5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000})
        .mapToObj(Duration::ofMillis)
        .toArray(Duration[]::new);
  }

  /// A histogram whose counts never fall.
  Timer histogram(String name, String help, Duration[] bounds, String... tags) {
    return Timer.builder(name)
        .description(help)
        .tags(tags)
        .serviceLevelObjectives(bounds)
        .distributionStatisticExpiry(NEVER)
        .distributionStatisticBufferLength(1)
        .register(registry);
  }

  Counter counter(String name, String help, String... tags) {
    return Counter.builder(name).description(help).tags(tags).register(registry);
  }

  void gauge(String name, String help, DoubleSupplier value, String... tags) {
    Gauge.builder(name, value::getAsDouble)
        .description(help)
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  /// Gauges whose rows come and go.
  MultiGauge rows(String name, String help) {
    return MultiGauge.builder(name).description(help).register(registry);
  }

  /// A counter that somebody else counts.
  void rising(String name, String help, DoubleSupplier value) {
    FunctionCounter.builder(name, value, DoubleSupplier::getAsDouble)
        .description(help)
        .register(registry);
  }

  /// All meters in the Prometheus text format.
  String text() {
    return PrometheusText.of(registry);
  }
}
