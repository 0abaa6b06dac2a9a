package io.kvorum.raft.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Runs every scenario file (raft.md §5).
class ScenarioTest {
  private static final int STORIES = 60;

  static List<String> scenarios() throws IOException, URISyntaxException {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".scenario"))
          .sorted()
          .toList();
    }
  }

  private static Path folder() throws URISyntaxException {
    return Path.of(Objects.requireNonNull(ScenarioTest.class.getResource("/scenarios")).toURI());
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void scenario_told_isTrue(String name) throws Exception {
    List<String> lines = Files.readAllLines(folder().resolve(name));
    World world = new World();
    int facts = 0;
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceAll("(^|\\s)#.*", "").strip();
      // A line of equals signs begins another story in the same file.
      if (line.startsWith("====")) {
        world = new World();
      } else if (!line.isEmpty()) {
        facts += line.startsWith("expect ") ? 1 : 0;
        tell(world, line, name + ":" + (i + 1));
      }
    }
    assertThat(facts).as("facts in %s", name).isPositive();
  }

  /// Every story of raft.md §5, and of those that came later, has its file, which says in its first
  /// line what it proves.
  @Test
  void storiesOfTheList_allExist() throws Exception {
    List<String> files = scenarios();
    List<String> numbers = files.stream().map(name -> name.substring(0, 2)).toList();
    assertThat(numbers)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, STORIES).mapToObj("%02d"::formatted).toList());
    for (String name : files) {
      assertThat(Files.readAllLines(folder().resolve(name)).getFirst())
          .as(name)
          .matches("# [A-Z]+[0-9]+.*");
    }
  }

  private static void tell(World world, String line, String where) {
    try {
      Words words = Words.of(line);
      if (words.at(0).equals("expect")) {
        new Facts(world)
            .difference(words.from(1))
            .ifPresent(
                difference -> {
                  throw new AssertionError(difference);
                });
      } else {
        world.execute(words);
      }
      world.witness.checkLogsMatch();
    } catch (AssertionError | RuntimeException failure) {
      throw new AssertionError(where + ": " + line + "\n  " + failure.getMessage(), failure);
    }
  }
}
