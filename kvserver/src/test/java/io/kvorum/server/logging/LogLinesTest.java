package io.kvorum.server.logging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvorum.server.config.LogRotation;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.MemberConfig.LogFormat;
import io.kvorum.server.config.MemberConfig.LogLevel;
import io.kvorum.server.config.MemberConfig.LogOutput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// operations.md §1.8.
class LogLinesTest {
  private static final Logger log = LoggerFactory.getLogger(LogLinesTest.class);

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = directory.resolve("member.log");
  }

  @AfterEach
  void restore() throws LogFailure {
    LogSetup.apply(MemberConfig.Logging.initial());
  }

  private void use(LogLevel level, LogFormat format) throws LogFailure {
    LogSetup.apply(
        new MemberConfig.Logging(
            level, format, List.of(new LogOutput.File(file)), Optional.empty()));
  }

  @Test
  void jsonLine_withFields_keepsTheOrderOfEtcd() throws Exception {
    use(LogLevel.INFO, LogFormat.JSON);

    log.atInfo()
        .addKeyValue("took", Duration.ofMillis(1500))
        .addKeyValue("snapshot-catchup-entries", 1000)
        .addKeyValue("path", "a \"quoted\" path")
        .log("became leader");

    assertThat(Files.readString(file))
        .matches(
            "\\{\"level\":\"info\",\"ts\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\","
                + "\"caller\":\"logging/LogLinesTest.java:\\d+\",\"msg\":\"became leader\","
                + "\"took\":\"1.5s\",\"snapshot-catchup-entries\":1000,"
                + "\"path\":\"a \\\\\"quoted\\\\\" path\"}\n");
  }

  @Test
  void pathAsValue_logged_isOneText() throws Exception {
    use(LogLevel.INFO, LogFormat.JSON);

    log.atInfo().addKeyValue("data-dir", Path.of("var", "default.etcd")).log("starting");

    assertThat(Files.readString(file)).contains("\"data-dir\":\"var/default.etcd\"");
  }

  @Test
  void error_withItsCause_showsTextAndTrace() throws Exception {
    use(LogLevel.INFO, LogFormat.JSON);

    log.atError().setCause(new IllegalStateException("disk gone")).log("storage failed");

    assertThat(Files.readString(file))
        .contains("\"error\":\"disk gone\"", "\"stacktrace\":\"java.lang.IllegalStateException");
  }

  @Test
  void consoleLine_withFields_isTabSeparated() throws Exception {
    use(LogLevel.INFO, LogFormat.CONSOLE);

    log.atWarn().addKeyValue("term", 7L).log("slow");

    assertThat(Files.readString(file))
        .matches("\\S+Z\twarn\tlogging/LogLinesTest.java:\\d+\tslow\t\\{\"term\":7}\n");
  }

  @Test
  void lineBelowTheLevel_logged_isNotWritten() throws Exception {
    use(LogLevel.WARN, LogFormat.JSON);

    log.atInfo().log("quiet");

    assertThat(Files.readString(file)).isEmpty();
  }

  @Test
  void clientThatCancels_warnedOfByTheTransport_isNoNewsForTheOperator() throws Exception {
    use(LogLevel.INFO, LogFormat.JSON);

    LoggerFactory.getLogger("io.grpc.netty.NettyServerHandler").atWarn().log("Stream Error");

    assertThat(Files.readString(file)).isEmpty();
  }

  @Test
  void floodOfOneMessage_logged_isThinnedOut() throws Exception {
    use(LogLevel.INFO, LogFormat.JSON);

    for (int i = 0; i < 10_000; i++) {
      log.atInfo().log("again");
    }

    assertThat(Files.readAllLines(file).size()).isBetween(190, 1_000);
  }

  @Test
  void rotatedFile_full_isPutAside() throws Exception {
    LogSetup.apply(
        new MemberConfig.Logging(
            LogLevel.INFO,
            LogFormat.JSON,
            List.of(new LogOutput.File(file)),
            Optional.of(new LogRotation(1, 0, 2, false, false))));
    String filler = "x".repeat(20_000);

    for (int i = 0; i < 100; i++) {
      log.atInfo().addKeyValue("filler", filler).log("line {}", i);
    }

    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.count()).isGreaterThan(1);
    }
  }

  @Test
  void fileInPlaceOfItsFolder_applied_refuses() throws Exception {
    Files.createFile(file);
    Path below = file.resolve("member.log");

    ThrowingCallable applying =
        () ->
            LogSetup.apply(
                new MemberConfig.Logging(
                    LogLevel.INFO,
                    LogFormat.JSON,
                    List.of(new LogOutput.File(below)),
                    Optional.empty()));

    assertThatThrownBy(applying)
        .isInstanceOf(LogFailure.class)
        .hasMessageStartingWith("cannot write log output " + below + ": ");
  }
}
