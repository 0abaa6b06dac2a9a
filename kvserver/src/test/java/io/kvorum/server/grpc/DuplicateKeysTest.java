package io.kvorum.server.grpc;

import static io.kvorum.server.grpc.TxnRequests.delete;
import static io.kvorum.server.grpc.TxnRequests.deleteFrom;
import static io.kvorum.server.grpc.TxnRequests.nested;
import static io.kvorum.server.grpc.TxnRequests.put;
import static io.kvorum.server.grpc.TxnRequests.range;
import static io.kvorum.server.grpc.TxnRequests.txn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.TxnRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `api.md` §3.2 "Limits and duplicate rules".
class DuplicateKeysTest {

  static Stream<Arguments> transactions() {
    return Stream.of(
        arguments("nothing", txn(), false),
        arguments("one put", txn(put("a")), false),
        arguments("two keys", txn(put("a"), put("b")), false),
        arguments("case 11: put, put", txn(put("a"), put("a")), true),
        arguments("put in success and in failure", txn(of(put("a")), of(put("a"))), false),
        arguments("put, delete", txn(put("a"), delete("a")), true),
        arguments("delete, put", txn(delete("a"), put("a")), true),
        arguments("put, range", txn(put("a"), range("a")), false),
        arguments("case 11: delete, delete", txn(delete("a", "c"), delete("b", "d")), false),
        arguments("put at the end of a delete", txn(delete("a", "b"), put("b")), false),
        arguments("put inside a delete", txn(delete("a", "c"), put("b")), true),
        arguments("delete of an empty range", txn(delete("b", "a"), put("b")), false),
        arguments("delete without end, put above", txn(put("z"), deleteFrom("b")), true),
        arguments("delete without end, put below", txn(put("a"), deleteFrom("b")), false),
        arguments("nested delete without end", txn(put("z"), nested(deleteFrom("b"))), true),
        arguments("put, nested put", txn(put("a"), nested(put("a"))), true),
        arguments("outer put after nested put", txn(nested(put("a")), put("a")), true),
        arguments("outer put, nested delete", txn(put("a"), nested(delete("a"))), true),
        arguments("outer delete, nested put", txn(delete("a"), nested(put("a"))), true),
        arguments("nested put, outer delete", txn(nested(put("a")), delete("a")), true),
        arguments("siblings put", txn(nested(put("a")), nested(put("a"))), true),
        arguments(
            "case 11: then and else of one nested",
            txn(nested(txn(of(put("a")), of(put("a"))))),
            false),
        arguments(
            "then and else of one nested, sibling else",
            txn(nested(txn(of(put("a")), of(put("a")))), nested(txn(of(), of(put("a"))))),
            true),
        arguments(
            "then puts, else deletes", txn(nested(txn(of(put("a")), of(delete("a"))))), false),
        arguments(
            "quirk: sibling put, then sibling delete",
            txn(nested(put("a")), nested(delete("a"))),
            false),
        arguments(
            "sibling delete, then sibling put", txn(nested(delete("a")), nested(put("a"))), true),
        arguments("two levels down", txn(put("a"), nested(nested(put("a")))), true));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("transactions")
  void transaction_judged_followsTheRule(String name, TxnRequest transaction, boolean duplicate) {
    assertThat(DuplicateKeys.in(transaction)).isEqualTo(duplicate);
  }

  @Test
  void randomTransactions_judged_agreeWithTheRulePairByPair() {
    int duplicates = 0;
    int rounds = 30_000;

    for (int seed = 0; seed < rounds; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      TxnRequest transaction = RandomTransactions.next(random);
      boolean expected = PairwiseDuplicates.in(transaction);
      duplicates += expected ? 1 : 0;

      assertThat(DuplicateKeys.in(transaction))
          .as("seed %d: %s", seed, transaction)
          .isEqualTo(expected);
    }

    assertThat(duplicates).isBetween(rounds / 4, rounds * 3 / 4);
  }

  /// 2 MiB allow about 150,000 operations; a naive merge at each of many levels, or comparing each
  /// put with each delete, would take seconds on an event loop.
  @Test
  void largestRequests_judged_takeMilliseconds() {
    List<RequestOp> operations = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      operations.add(i % 2 == 0 ? put("p" + i) : delete("d" + i));
    }
    TxnRequest transaction = txn(operations, List.of());
    for (int level = 0; level < 60; level++) {
      transaction = txn(delete("e" + level), nested(transaction), put("q" + level));
    }
    TxnRequest hostile = transaction;

    boolean duplicate =
        Assertions.assertTimeout(Duration.ofSeconds(5), () -> DuplicateKeys.in(hostile));

    assertThat(duplicate).isFalse();
  }

  private static List<RequestOp> of(RequestOp... operations) {
    return List.of(operations);
  }

  /// Small nests over few keys, about half of them with a conflict.
  private static final class RandomTransactions {
    private static final String KEYS = "abcdefghij";

    private RandomTransactions() {}

    static TxnRequest next(SplittableRandom random) {
      return txn(operations(random, 0), operations(random, 0));
    }

    private static List<RequestOp> operations(SplittableRandom random, int level) {
      List<RequestOp> operations = new ArrayList<>();
      int count = random.nextInt(4);
      for (int i = 0; i < count; i++) {
        operations.add(operation(random, level));
      }
      return operations;
    }

    private static RequestOp operation(SplittableRandom random, int level) {
      String key = key(random);
      return switch (random.nextInt(level < 3 ? 8 : 5)) {
        case 0, 1 -> put(key);
        case 2 -> delete(key);
        case 3 -> random.nextInt(6) == 0 ? deleteFrom(key) : delete(key, key(random));
        case 4 -> range(key);
        default -> nested(txn(operations(random, level + 1), operations(random, level + 1)));
      };
    }

    private static String key(SplittableRandom random) {
      int at = random.nextInt(KEYS.length());
      return KEYS.substring(at, at + 1);
    }
  }
}
