package io.kvorum.testkit.nemesis;

import com.google.protobuf.ByteString;
import io.kvorum.client.Client;
import io.kvorum.client.Delete;
import io.kvorum.client.Get;
import io.kvorum.client.Guard;
import io.kvorum.client.KeyRange;
import io.kvorum.client.Op;
import io.kvorum.client.Put;
import io.kvorum.client.Txn;
import io.kvorum.proto.etcd.Compare.CompareResult;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.testkit.history.Change;
import io.kvorum.testkit.history.Outcome.Done;
import io.kvorum.testkit.history.Pair;
import io.kvorum.testkit.history.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// A client that makes one call after the other on a few keys that all callers share: puts,
/// transactions, deletes, and reads of both kinds.
final class Caller {
  private static final String PREFIX = "k/";
  private static final String PREFIX_END = "k0";
  private static final int KEYS = 8;
  private static final int LONGEST_PAUSE_MILLIS = 12;
  private static final int OLDEST_REVISIONS = 100;

  private final String name;
  private final Client client;
  private final Recorder recorder;
  private final SplittableRandom random;

  /// The newest modification of each key that this caller has heard of.
  private final Map<String, Long> known = new HashMap<>();

  private int writes;

  /// @param name begins all its values
  Caller(String name, Client client, Recorder recorder, SplittableRandom random) {
    this.name = name;
    this.client = client;
    this.recorder = recorder;
    this.random = random;
  }

  /// Makes calls until it is to stop.
  void run(BooleanSupplier isStopped) throws InterruptedException {
    while (!isStopped.getAsBoolean()) {
      callOnce();
      TimeUnit.MILLISECONDS.sleep(random.nextInt(LONGEST_PAUSE_MILLIS));
    }
  }

  private void callOnce() {
    String key = key();
    int dice = random.nextInt(100);
    if (dice < 25) {
      put(key);
    } else if (dice < 40) {
      compareAndPut(key);
    } else if (dice < 47) {
      putAll();
    } else if (dice < 57) {
      delete(key);
    } else if (dice < 62) {
      readPast(key);
    } else if (dice < 87) {
      read(random.nextInt(3) == 0 ? everything(false) : Request.Range.ofKey(key));
    } else {
      read(everything(true));
    }
  }

  private String key() {
    return PREFIX + random.nextInt(KEYS);
  }

  private String value() {
    return name + "-" + ++writes;
  }

  private static Request.Range everything(boolean isSerializable) {
    return new Request.Range(PREFIX, PREFIX_END, isSerializable);
  }

  private void put(String key) {
    String value = value();
    recorder
        .call(
            name,
            new Request.Put(key, value),
            () -> client.kv().put(key, value),
            answer -> Done.write(answer.getHeader().getRevision()))
        .ifPresent(answer -> known.put(key, answer.getHeader().getRevision()));
  }

  /// Usually expects what is there, as far as this caller knows.
  private void compareAndPut(String key) {
    if (random.nextInt(3) > 0) {
      read(Request.Range.ofKey(key));
    }
    String value = value();
    long expected = known.getOrDefault(key, 0L);
    Guard guard = Guard.modRevision(KeyRange.key(key), CompareResult.EQUAL, expected);
    recorder
        .call(
            name,
            new Request.CompareAndPut(key, expected, value),
            () -> client.kv().txn(Txn.when(guard).then(Put.of(key, value))),
            Caller::done)
        .filter(TxnResponse::getSucceeded)
        .ifPresent(answer -> known.put(key, answer.getHeader().getRevision()));
  }

  private void putAll() {
    int first = random.nextInt(KEYS - 1);
    String value = value();
    List<Change> changes =
        List.of(
            Change.put(PREFIX + first, value),
            Change.put(PREFIX + random.nextInt(first + 1, KEYS), value + "b"));
    Op[] puts =
        changes.stream()
            .map(change -> Put.of(change.key(), change.value().orElseThrow()))
            .toArray(Op[]::new);
    var _ =
        recorder.call(
            name,
            new Request.PutAll(changes),
            () -> client.kv().txn(Txn.when().then(puts)),
            Caller::done);
  }

  private static Done done(TxnResponse answer) {
    long revision = answer.getHeader().getRevision();
    return answer.getSucceeded() ? Done.write(revision) : Done.unchanged(revision);
  }

  private void delete(String key) {
    var _ =
        recorder.call(
            name,
            new Request.Delete(key),
            () -> client.kv().delete(Delete.of(key)),
            answer -> {
              long revision = answer.getHeader().getRevision();
              return answer.getDeleted() > 0 ? Done.write(revision) : Done.unchanged(revision);
            });
  }

  private void read(Request.Range range) {
    read(recorder, name, client, range)
        .getKvsList()
        .forEach(pair -> known.put(Archive.text(pair.getKey()), pair.getModRevision()));
  }

  /// Reads what was there at a revision that this caller has heard of, which may be compacted.
  private void readPast(String key) {
    long newest = known.values().stream().mapToLong(Long::longValue).max().orElse(0);
    long revision = newest - random.nextInt(OLDEST_REVISIONS);
    if (revision < 1) {
      return;
    }
    Get get = Get.of(key).revision(revision);
    var _ =
        recorder.call(
            name,
            new Request.PastRange(key, key + "\0", revision),
            () -> client.kv().get(get),
            Caller::shown);
  }

  /// Reads every key of all callers, so that the answer becomes part of the history.
  static RangeResponse readAll(
      Recorder recorder, String name, Client client, boolean isSerializable) {
    return read(recorder, name, client, everything(isSerializable));
  }

  private static RangeResponse read(
      Recorder recorder, String name, Client client, Request.Range range) {
    Get linearizable = Get.of(KeyRange.between(bytes(range.from()), bytes(range.to())));
    Get get = range.isSerializable() ? linearizable.serializable() : linearizable;
    return recorder
        .call(name, range, () -> client.kv().get(get), Caller::shown)
        .orElse(RangeResponse.getDefaultInstance());
  }

  private static Done shown(RangeResponse answer) {
    return new Done(
        answer.getHeader().getRevision(),
        false,
        answer.getKvsList().stream().map(Caller::pair).toList());
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFromUtf8(text);
  }

  private static Pair pair(KeyValue pair) {
    return new Pair(
        Archive.text(pair.getKey()),
        Archive.text(pair.getValue()),
        pair.getCreateRevision(),
        pair.getModRevision(),
        pair.getVersion());
  }
}
