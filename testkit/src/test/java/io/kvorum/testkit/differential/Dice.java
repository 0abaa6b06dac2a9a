package io.kvorum.testkit.differential;

import java.util.List;
import java.util.random.RandomGenerator;

/// Seeded choices of a script.
record Dice(RandomGenerator random) {

  int below(int bound) {
    return random.nextInt(bound);
  }

  long between(long from, long to) {
    return random.nextLong(from, to);
  }

  boolean oneIn(int odds) {
    return random.nextInt(odds) == 0;
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }
}
