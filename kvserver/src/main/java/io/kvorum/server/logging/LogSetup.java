package io.kvorum.server.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import io.kvorum.server.config.LogRotation;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.MemberConfig.LogOutput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/// Sets up where log lines go and what they look like (`--log-outputs`, `--log-format`,
/// `--log-level`, rotation). Replaces whatever was set up before; called by the thread `main`.
public final class LogSetup {
  /// Libraries below this package say little that an operator can use.
  private static final String OWN = "io.kvorum";

  /// Warns of what clients do to their own streams, such as cancelling one that is being written.
  private static final String CLIENT_STREAMS = "io.grpc.netty";

  private LogSetup() {}

  /// Takes over all logging of the process, `java.util.logging` included.
  ///
  /// @throws LogFailure when a file cannot be written; nothing has changed then
  public static void apply(MemberConfig.Logging logging) throws LogFailure {
    for (LogOutput output : logging.outputs()) {
      if (output instanceof LogOutput.File(var path)) {
        requireWritable(path);
      }
    }
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(Level.WARN);
    context.getLogger(CLIENT_STREAMS).setLevel(Level.ERROR);
    context.getLogger(OWN).setLevel(levelOf(logging.level()));
    LogSampling sampling = new LogSampling();
    sampling.start();
    for (LogOutput output : logging.outputs()) {
      OutputStreamAppender<ILoggingEvent> appender = appender(context, output, logging.rotation());
      EncoderBase<ILoggingEvent> encoder =
          switch (logging.format()) {
            case JSON -> new JsonLines();
            case CONSOLE -> new ConsoleLines();
          };
      encoder.setContext(context);
      encoder.start();
      appender.setContext(context);
      appender.setEncoder(encoder);
      appender.addFilter(sampling);
      appender.start();
      root.addAppender(appender);
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }

  /// Logback would go on in silence.
  private static void requireWritable(Path path) throws LogFailure {
    try {
      Path folder = path.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    } catch (IOException e) {
      throw new LogFailure("cannot write log output " + path + ": " + e, e);
    }
  }

  private static Level levelOf(MemberConfig.LogLevel level) {
    return switch (level) {
      case DEBUG -> Level.DEBUG;
      case INFO -> Level.INFO;
      case WARN -> Level.WARN;
      case ERROR -> Level.ERROR;
    };
  }

  private static OutputStreamAppender<ILoggingEvent> appender(
      LoggerContext context, LogOutput output, Optional<LogRotation> rotation) {
    return switch (output) {
      case LogOutput.StandardError _ -> console("System.err");
      case LogOutput.StandardOutput _ -> console("System.out");
      case LogOutput.File(var path) ->
          rotation.map(rules -> rotating(context, path, rules)).orElseGet(() -> appending(path));
    };
  }

  private static OutputStreamAppender<ILoggingEvent> console(String target) {
    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setTarget(target);
    return appender;
  }

  private static OutputStreamAppender<ILoggingEvent> appending(Path path) {
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setFile(path.toString());
    return appender;
  }

  private static OutputStreamAppender<ILoggingEvent> rotating(
      LoggerContext context, Path path, LogRotation rules) {
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setContext(context);
    appender.setFile(path.toString());
    SizeAndTimeBasedRollingPolicy<ILoggingEvent> policy = new SizeAndTimeBasedRollingPolicy<>();
    policy.setContext(context);
    policy.setParent(appender);
    policy.setFileNamePattern(
        path
            + "-%d{yyyy-MM-dd"
            + (rules.localTime() ? "" : ", UTC")
            + "}.%i"
            + (rules.compress() ? ".gz" : ""));
    policy.setMaxFileSize(new FileSize(rules.maxMegabytes() * FileSize.MB_COEFFICIENT));
    policy.setMaxHistory(rules.maxAgeDays());
    if (rules.maxBackups() > 0) {
      policy.setTotalSizeCap(
          new FileSize((long) rules.maxBackups() * rules.maxMegabytes() * FileSize.MB_COEFFICIENT));
    }
    policy.start();
    appender.setRollingPolicy(policy);
    return appender;
  }
}
