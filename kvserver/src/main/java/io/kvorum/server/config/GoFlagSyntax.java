package io.kvorum.server.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/// Go's `flag` syntax: `-name` and `--name` are the same, `--name=value` or `--name value`, a
/// boolean takes its value only after `=`, the last of several occurrences wins, and `--` or the
/// first other word ends the flags.
final class GoFlagSyntax {
  private GoFlagSyntax() {}

  /// What the arguments say.
  sealed interface Outcome {
    /// Flag names and their texts, in the order of first appearance; each text fits its kind.
    record Given(SequencedMap<String, String> texts) implements Outcome {}

    /// `-h` or `--help`.
    record HelpAsked() implements Outcome {}

    /// Unknown flag or unfit value: usage and exit 2.
    record Unusable(String message) implements Outcome {}

    /// A word that is no flag.
    record Leftover(String word) implements Outcome {}
  }

  /// A flag as written: `text` is empty when there was no `=`.
  private record Written(String name, Optional<String> text) {}

  static Outcome parse(List<String> arguments, FlagTable table) {
    SequencedMap<String, String> texts = new LinkedHashMap<>();
    int position = 0;
    while (position < arguments.size()) {
      String word = arguments.get(position);
      position++;
      if (word.length() < 2 || word.charAt(0) != '-') {
        return new Outcome.Leftover(word);
      }
      if (word.equals("--")) {
        return position < arguments.size()
            ? new Outcome.Leftover(arguments.get(position))
            : new Outcome.Given(texts);
      }
      Written written = split(word);
      if (written.name().isEmpty() || written.name().startsWith("-")) {
        return new Outcome.Unusable("bad flag syntax: " + word);
      }
      Optional<Flag> flag = table.find(written.name());
      if (flag.isEmpty()) {
        return notDefined(written.name());
      }
      String text;
      if (written.text().isPresent()) {
        text = written.text().get();
      } else if (flag.get().kind() == FlagKind.BOOL) {
        text = "true";
      } else if (position < arguments.size()) {
        text = arguments.get(position);
        position++;
      } else {
        return new Outcome.Unusable("flag needs an argument: -" + written.name());
      }
      Optional<String> problem = problemWith(flag.get(), text);
      if (problem.isPresent()) {
        return new Outcome.Unusable(problem.get());
      }
      texts.put(written.name(), text);
    }
    return new Outcome.Given(texts);
  }

  private static Outcome notDefined(String name) {
    return name.equals("h") || name.equals("help")
        ? new Outcome.HelpAsked()
        : new Outcome.Unusable("flag provided but not defined: -" + name);
  }

  private static Written split(String word) {
    String bare = word.substring(word.startsWith("--") ? 2 : 1);
    int equals = bare.indexOf('=');
    return equals <= 0
        ? new Written(equals == 0 ? "" : bare, Optional.empty())
        : new Written(bare.substring(0, equals), Optional.of(bare.substring(equals + 1)));
  }

  /// Why `text` cannot be the value of `flag`, as Go words it.
  static Optional<String> problemWith(Flag flag, String text) {
    Optional<String> reason = flag.kind().problemWith(text);
    if (reason.isEmpty() && !flag.choices().isEmpty() && !flag.choices().contains(text)) {
      reason = Optional.of("invalid value \"" + text + "\"");
    }
    String what = flag.kind() == FlagKind.BOOL ? "invalid boolean value" : "invalid value";
    String of = flag.kind() == FlagKind.BOOL ? " for -" : " for flag -";
    return reason.map(why -> what + " \"" + text + "\"" + of + flag.name() + ": " + why);
  }
}
