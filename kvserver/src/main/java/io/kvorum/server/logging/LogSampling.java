package io.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Keeps a flood of one message from filling the disk: after 100 lines of a message in one second
/// only every 100th is written. Messages are constant texts, so there are few of them.
final class LogSampling extends Filter<ILoggingEvent> {
  private static final int PER_SECOND = 100;
  private static final int MAX_MESSAGES = 1_000;

  private final ConcurrentHashMap<String, AtomicInteger> seen = new ConcurrentHashMap<>();
  private volatile long second;

  @Override
  public FilterReply decide(ILoggingEvent event) {
    long now = event.getTimeStamp() / 1000;
    if (now != second || seen.size() > MAX_MESSAGES) {
      second = now;
      seen.clear();
    }
    int count =
        seen.computeIfAbsent(String.valueOf(event.getMessage()), _ -> new AtomicInteger())
            .incrementAndGet();
    return count <= PER_SECOND || count % PER_SECOND == 0 ? FilterReply.NEUTRAL : FilterReply.DENY;
  }
}
