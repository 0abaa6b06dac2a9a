package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.kvorum.testkit.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/// A program of this machine, run to its end.
record ExternalProgram(Path executable, Path directory, Map<String, String> environment) {
  private static final Duration LIMIT = Duration.ofMinutes(4);

  ExternalProgram {
    environment = Map.copyOf(environment);
  }

  /// The program `name`, or a skipped test that says what to install.
  static ExternalProgram required(String name, String remedy, Path directory) {
    var found = ServerProcess.program(name);
    assumeTrue(found.isPresent(), "needs " + name + ": " + remedy);
    return new ExternalProgram(found.orElseThrow(), directory, Map.of());
  }

  ExternalProgram with(String variable, String value) {
    Map<String, String> more = new TreeMap<>(environment);
    more.put(variable, value);
    return new ExternalProgram(executable, directory, more);
  }

  /// What a run printed, both streams together, and its exit status.
  record Outcome(int status, String output) {}

  /// Runs to the end with nothing on its standard input.
  Outcome run(String... arguments) throws IOException, InterruptedException {
    return run("", List.of(arguments));
  }

  Outcome run(String input, List<String> arguments) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", ".txt");
    Process process = start(output, arguments);
    try (var standardInput = process.getOutputStream()) {
      standardInput.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The program does not read its input; its status and output tell whether that is wrong.
    }
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(executable + " did not end in " + LIMIT);
    }
    return new Outcome(process.exitValue(), Files.readString(output));
  }

  /// Starts it with its output readable by the caller, who ends it.
  Process startReadable(List<String> arguments) throws IOException {
    return builder(arguments).start();
  }

  private Process start(Path output, List<String> arguments) throws IOException {
    return builder(arguments).redirectOutput(output.toFile()).start();
  }

  private ProcessBuilder builder(List<String> arguments) {
    List<String> command = new ArrayList<>(List.of(executable.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.directory(directory.toFile());
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true);
  }

  /// Runs and insists on status 0.
  String succeed(String... arguments) throws IOException, InterruptedException {
    Outcome outcome = run(arguments);
    assertThat(outcome.status())
        .as("%s %s:%n%s", executable, List.of(arguments), outcome.output())
        .isZero();
    return outcome.output();
  }
}
