package io.kvorum.server.command;

import io.kvorum.mvcc.KeyValue;
import io.kvorum.mvcc.RangeResult;
import io.kvorum.proto.etcd.RangeResponse;

/// Pairs of the store as the API has them.
public final class ApiPairs {
  private ApiPairs() {}

  /// The API's message for a pair. Shares its bytes.
  public static io.kvorum.proto.mvcc.KeyValue of(KeyValue pair) {
    return io.kvorum.proto.mvcc.KeyValue.newBuilder()
        .setKey(pair.key())
        .setCreateRevision(pair.createRevision())
        .setModRevision(pair.modRevision())
        .setVersion(pair.version())
        .setValue(pair.value())
        .setLease(pair.lease())
        .build();
  }

  /// The API's answer for a range, without its header.
  public static RangeResponse.Builder answer(RangeResult result) {
    RangeResponse.Builder response =
        RangeResponse.newBuilder().setMore(result.more()).setCount(result.count());
    for (KeyValue pair : result.kvs()) {
      response.addKvs(of(pair));
    }
    return response;
  }
}
