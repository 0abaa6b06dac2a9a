package io.kvorum.server;

import io.kvorum.server.config.CommandLine;
import io.kvorum.server.config.DefaultHost;
import io.kvorum.server.config.MemberConfig;
import io.kvorum.server.config.Notice;
import io.kvorum.server.config.ServerFlags;
import io.kvorum.server.logging.LogFailure;
import io.kvorum.server.logging.LogSetup;
import io.kvorum.server.transport.NetworkMemory;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/// The command line of a member: reads the settings, starts a [Member], and stops it on SIGTERM and
/// SIGINT. Exit codes are etcd's: 1 for settings or an environment that cannot be used, 2 for flags
/// that cannot be read, 128 + n after signal n.
public final class Main {
  private static final Logger log = LoggerFactory.getLogger(Main.class);

  private Main() {}

  public static void main(String[] arguments) {
    switch (ServerFlags.parse(List.of(arguments), System.getenv(), DefaultHost::detect)) {
      case CommandLine.Print(var out, var err, var status) -> {
        System.out.print(out);
        System.err.print(err);
        System.exit(status);
      }
      case CommandLine.Refuse(var logging, var notices, var reason) -> {
        setUpLogging(logging);
        notices.forEach(Main::say);
        say(reason);
        System.exit(1);
      }
      case CommandLine.Run(var config, var notices) -> {
        setUpLogging(config.observation().logging());
        log.atInfo().addKeyValue("args", List.of(arguments)).log("Running: ");
        notices.forEach(Main::say);
        run(config);
      }
    }
  }

  private static void setUpLogging(MemberConfig.Logging logging) {
    try {
      LogSetup.apply(logging);
    } catch (LogFailure e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void run(MemberConfig config) {
    NetworkMemory.limit(config.requests().directMemoryBytes());
    Member member;
    AtomicBoolean isRemoved = new AtomicBoolean();
    try {
      member =
          Member.start(
              config,
              FatalErrors.ofProcess(),
              () -> {
                isRemoved.set(true);
                Thread.ofPlatform().name("leave").start(() -> System.exit(0));
              });
    } catch (StartFailure e) {
      log.atError().addKeyValue("error", e.getMessage()).log("discovery failed");
      System.exit(1);
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(
                    () -> {
                      if (!isRemoved.get()) {
                        log.atInfo()
                            .addKeyValue("signal", "terminated")
                            .log("received signal; shutting down");
                      }
                      member.close();
                    }));
  }

  private static void say(Notice notice) {
    Level level =
        switch (notice.severity()) {
          case INFO -> Level.INFO;
          case WARN -> Level.WARN;
          case FATAL -> Level.ERROR;
        };
    LoggingEventBuilder line = log.atLevel(level);
    for (Notice.Field field : notice.fields()) {
      line = line.addKeyValue(field.key(), field.value());
    }
    line.log(notice.message());
  }
}
