package io.kvorum.testkit.differential;

import com.google.protobuf.ByteString;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.mvcc.KeyValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Evens out what a Range may answer in different ways: pairs that tie in the sort order stand in
/// any order, and where the limit cuts a group of ties, any of them may be left out (api.md §3.1).
final class RangeForm {
  private static final Comparator<KeyValue> BY_KEY =
      Comparator.comparing(KeyValue::getKey, ByteString.unsignedLexicographicalComparator());

  private RangeForm() {}

  static RangeResponse of(RangeRequest request, RangeResponse response) {
    List<KeyValue> form = new ArrayList<>();
    int from = 0;
    while (from < response.getKvsCount()) {
      int to = endOfTies(request, response, from);
      List<KeyValue> ties = new ArrayList<>(response.getKvsList().subList(from, to));
      boolean isCut = to == response.getKvsCount() && response.getMore();
      if (isCut && !isByKey(request)) {
        ties.replaceAll(pair -> onlySortedField(request, pair));
      }
      ties.sort(BY_KEY);
      form.addAll(ties);
      from = to;
    }
    if (request.getKeysOnly()) {
      form.replaceAll(pair -> pair.toBuilder().clearLease().build());
    }
    return response.toBuilder().clearKvs().addAllKvs(form).build();
  }

  private static int endOfTies(RangeRequest request, RangeResponse response, int from) {
    KeyValue first = onlySortedField(request, response.getKvs(from));
    int to = from + 1;
    while (to < response.getKvsCount()
        && onlySortedField(request, response.getKvs(to)).equals(first)) {
      to++;
    }
    return to;
  }

  private static boolean isByKey(RangeRequest request) {
    return request.getSortTarget() == SortTarget.KEY;
  }

  /// The pair with nothing but what it is sorted by. Values that keys_only removed make all tie.
  private static KeyValue onlySortedField(RangeRequest request, KeyValue pair) {
    KeyValue.Builder sorted = KeyValue.newBuilder();
    return switch (request.getSortTarget()) {
      case KEY, UNRECOGNIZED -> sorted.setKey(pair.getKey()).build();
      case VERSION -> sorted.setVersion(pair.getVersion()).build();
      case CREATE -> sorted.setCreateRevision(pair.getCreateRevision()).build();
      case MOD -> sorted.setModRevision(pair.getModRevision()).build();
      case VALUE -> sorted.setValue(pair.getValue()).build();
    };
  }
}
