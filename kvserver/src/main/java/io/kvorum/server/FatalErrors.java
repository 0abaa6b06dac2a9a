package io.kvorum.server;

import io.kvorum.invariant.InvariantViolation;
import io.kvorum.mvcc.rocks.StorageFailure;
import io.kvorum.server.command.ProgramOutdated;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one place where a member gives up: a broken invariant, a failed write or sync, an error that
/// escaped an owner thread. It says why and halts, without shutdown hooks: after such a failure
/// nothing may be sent, acknowledged or written any more.
final class FatalErrors implements Thread.UncaughtExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(FatalErrors.class);

  /// The program broke one of its own rules.
  static final int EXIT_BROKEN_PROGRAM = 70;

  /// Log or database could not be written or synced (`raft.md` W8: never retried).
  static final int EXIT_BROKEN_STORAGE = 74;

  /// The cluster has gone on with something this program does not know.
  static final int EXIT_OUTDATED_PROGRAM = 78;

  private final AtomicBoolean halted = new AtomicBoolean();
  private final IntConsumer halt;

  /// `halt` ends the process with a status; a test passes something that only remembers it.
  FatalErrors(IntConsumer halt) {
    this.halt = halt;
  }

  static FatalErrors ofProcess() {
    return new FatalErrors(Runtime.getRuntime()::halt);
  }

  /// Never returns in a real process. Later calls do nothing: the first cause is the one that
  /// counts.
  void stop(Throwable cause) {
    if (!halted.compareAndSet(false, true)) {
      return;
    }
    int status = statusFor(cause);
    try {
      log.atError()
          .addKeyValue("error", cause.toString())
          .addKeyValue("status", status)
          .setCause(cause)
          .log(
              switch (status) {
                case EXIT_BROKEN_STORAGE ->
                    "storage failed, the member stops; it must not be trusted before the disk is";
                case EXIT_OUTDATED_PROGRAM ->
                    "the cluster makes use of a newer version, the member stops; start that version";
                default -> "the program is broken, the member stops";
              });
    } finally {
      halt.accept(status);
    }
  }

  private static int statusFor(Throwable cause) {
    if (cause instanceof ProgramOutdated) {
      return EXIT_OUTDATED_PROGRAM;
    }
    return isStorage(cause) ? EXIT_BROKEN_STORAGE : EXIT_BROKEN_PROGRAM;
  }

  private static boolean isStorage(Throwable cause) {
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof InvariantViolation) {
        return false;
      }
      if (at instanceof IOException || at instanceof StorageFailure) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void uncaughtException(Thread thread, Throwable error) {
    log.atError().addKeyValue("thread", thread.getName()).log("uncaught error");
    stop(error);
  }
}
