package io.kvorum.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The table of `docs/raft.md` is true: its files exist, and its tests cite the requirement that
/// they are said to prove.
class RequirementsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("\\| ([A-Z]+[0-9]+) \\| (.+) \\| (.+) \\|");

  private final Map<String, Path> sources = new TreeMap<>();

  @Test
  void everyRequirement_inTheTable_isCitedByTheTestsThatProveIt() throws IOException {
    collect(ROOT.resolve("raft/src"));
    collect(ROOT.resolve("kvserver/src"));
    List<String> wrong = new ArrayList<>();
    int rows = 0;
    for (String line : Files.readAllLines(ROOT.resolve("docs/raft.md"))) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        rows++;
        for (String file : row.group(2).split(", ", -1)) {
          if (!sources.containsKey(file)) {
            wrong.add(row.group(1) + ": no file " + file);
          }
        }
        for (String test : row.group(3).split(", ", -1)) {
          if (!cites(test, row.group(1))) {
            wrong.add(row.group(1) + ": not cited by " + test);
          }
        }
      }
    }

    assertThat(wrong).isEmpty();
    assertThat(rows).isGreaterThan(90);
  }

  /// By the name of the class, or the number of the scenario.
  private void collect(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".java")) {
          sources.put(name.replace(".java", ""), file);
        } else if (name.endsWith(".scenario")) {
          sources.put(name.substring(0, name.indexOf('-')), file);
        }
      }
    }
  }

  private boolean cites(String test, String requirement) throws IOException {
    Path source = sources.get(test);
    return source != null
        && Pattern.compile("\\b" + requirement + "(?![0-9A-Z])")
            .matcher(Files.readString(source))
            .find();
  }
}
