package io.kvorum.client;

import io.kvorum.proto.etcd.WatchCreateRequest;
import io.kvorum.proto.etcd.WatchCreateRequest.FilterType;

/// What to watch: keys, from now on unless said otherwise.
public record WatchSpec(WatchCreateRequest request) {
  public static WatchSpec of(KeyRange keys) {
    return new WatchSpec(
        WatchCreateRequest.newBuilder()
            .setKey(keys.key())
            .setRangeEnd(keys.end())
            .setFragment(true)
            .build());
  }

  public static WatchSpec of(String key) {
    return of(KeyRange.key(key));
  }

  public static WatchSpec prefix(String prefix) {
    return of(KeyRange.prefix(prefix));
  }

  /// Begins with the changes of `revision`, past or future; at least 1.
  public WatchSpec from(long revision) {
    if (revision < 1) {
      throw new IllegalArgumentException("revision " + revision);
    }
    return new WatchSpec(request.toBuilder().setStartRevision(revision).build());
  }

  /// Asks for the pair as it was before each change, as far as it is still kept.
  public WatchSpec withPrevious() {
    return new WatchSpec(request.toBuilder().setPrevKv(true).build());
  }

  /// Asks the server to report progress now and then while nothing changes.
  public WatchSpec withProgress() {
    return new WatchSpec(request.toBuilder().setProgressNotify(true).build());
  }

  public WatchSpec withoutPuts() {
    return new WatchSpec(request.toBuilder().addFilters(FilterType.NOPUT).build());
  }

  public WatchSpec withoutDeletes() {
    return new WatchSpec(request.toBuilder().addFilters(FilterType.NODELETE).build());
  }
}
