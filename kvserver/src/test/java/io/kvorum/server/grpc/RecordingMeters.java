package io.kvorum.server.grpc;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;

/// Meters that note what they are told.
final class RecordingMeters implements CallMeters {
  final Set<String> methods = new ConcurrentSkipListSet<>();
  final List<String> events = new CopyOnWriteArrayList<>();

  @Override
  public MethodMeter of(String type, String service, String method) {
    methods.add(service + "/" + method + " " + type);
    return new MethodMeter() {
      @Override
      public void started() {
        events.add(method + " started");
      }

      @Override
      public void received() {
        events.add(method + " received");
      }

      @Override
      public void sent() {
        events.add(method + " sent");
      }

      @Override
      public void handled(String code, long nanos) {
        events.add(method + " handled " + code);
      }
    };
  }
}
