package io.kvorum.server.observe;

import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.MemberConfig.MetricsDetail;
import io.kvorum.server.config.MemberConfig.Observation;
import java.time.Duration;

/// What members of tests report.
final class Observations {
  static final Observation BASIC = of(MetricsDetail.BASIC);
  static final Observation EXTENSIVE = of(MetricsDetail.EXTENSIVE);

  private Observations() {}

  private static Observation of(MetricsDetail detail) {
    return new Observation(
        MemberConfig.Logging.initial(), detail, Duration.ofMillis(300), Duration.ofMillis(100));
  }
}
