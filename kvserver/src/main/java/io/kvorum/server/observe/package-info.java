/// What operators and probes see: health, versions and metrics over HTTP.
///
/// [HttpEndpoints] routes; it runs on event loops and never waits: a check that needs the log
/// answers later. [ServerMetrics] declares every meter with its help text in one place, under
/// etcd's names, so that dashboards and alerts keep their meaning; [PrometheusText] writes them
/// out. Start reading at [HttpEndpoints].
@NullMarked
package io.kvorum.server.observe;

import org.jspecify.annotations.NullMarked;
