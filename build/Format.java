import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Runs google-java-format over every Java source below a folder: `check` fails on a file that is
/// not formatted, `write` rewrites it. Started from Maven on the toolchain JDK (see the root pom).
public final class Format {
  private Format() {}

  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    int wrong = 0;
    for (Path file : sources(Path.of(args[1]))) {
      String before = Files.readString(file);
      String after = formatted(before);
      if (!after.equals(before)) {
        wrong++;
        System.out.println((write ? "formatted " : "not formatted: ") + file);
        if (write) {
          Files.writeString(file, after);
        }
      }
    }
    if (wrong > 0 && !write) {
      System.out.println("run: mvn -q -N initialize -Pformat");
      System.exit(1);
    }
  }

  private static String formatted(String source) throws Exception {
    String cleaned =
        ImportOrderer.reorderImports(
            RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.GOOGLE);
    return new Formatter().formatSource(cleaned);
  }

  private static List<Path> sources(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !root.relativize(file).toString().matches("(.*/)?(target|\\.git)/.*"))
          .sorted()
          .toList();
    }
  }
}
