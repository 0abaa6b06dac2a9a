package io.kvorum.mvcc.watch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kvorum.mvcc.KeyRange;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class IntervalIndexTest {
  private static ByteString key(int number) {
    // Bytes above 0x7f too: order is unsigned.
    return ByteString.copyFrom(new byte[] {(byte) (number * 5), (byte) (number % 3)});
  }

  private static KeyRange anyRange(SplittableRandom random) {
    int start = random.nextInt(50);
    Optional<ByteString> end =
        random.nextInt(10) == 0
            ? Optional.empty()
            : Optional.of(key(start + 1 + random.nextInt(50 - start)));
    return new KeyRange(key(start), end);
  }

  private static List<KeyRange> found(IntervalIndex index, ByteString key) {
    List<KeyRange> ranges = new ArrayList<>();
    index.find(key, group -> ranges.add(group.range()));
    return ranges;
  }

  @Test
  void randomRangesComeAndGo_everyKeySearched_findsWhatAListFinds() {
    SplittableRandom random = new SplittableRandom(11);
    IntervalIndex index = new IntervalIndex();
    Set<KeyRange> model = new LinkedHashSet<>();
    for (int step = 0; step < 1_000; step++) {
      if (model.isEmpty() || random.nextInt(5) > 1) {
        KeyRange range = anyRange(random);
        assertThat(index.groupOf(range)).isSameAs(index.groupOf(range));
        model.add(range);
      } else {
        KeyRange victim = List.copyOf(model).get(random.nextInt(model.size()));
        index.remove(victim);
        model.remove(victim);
      }

      ByteString key = key(random.nextInt(51));
      assertThat(found(index, key))
          .containsExactlyInAnyOrderElementsOf(
              model.stream().filter(range -> range.contains(key)).toList());
      assertThat(index.size()).isEqualTo(model.size());
    }
  }

  @Test
  void ascendingRanges_added_staysBalanced() {
    IntervalIndex index = new IntervalIndex();
    for (int i = 0; i < 10_000; i++) {
      ByteString start = ByteString.copyFromUtf8(String.format("key/%05d/", i));
      index.groupOf(new KeyRange(start, Optional.of(start.concat(key(1)))));
    }

    // 1.45 log2(10,000) = 19.3
    assertThat(index.height()).isLessThanOrEqualTo(19);
  }
}
