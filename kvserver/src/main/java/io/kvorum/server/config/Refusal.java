package io.kvorum.server.config;

/// Settings that cannot be used. Thrown inside this package only; `ServerFlags` turns it into a
/// [CommandLine.Refuse].
final class Refusal extends Exception {
  private final Notice notice;

  private Refusal(Notice notice) {
    super(notice.message());
    this.notice = notice;
  }

  /// Values that do not fit together, or are not supported: etcd's log line for all of these.
  static Refusal invalid(String error) {
    return new Refusal(Notice.fatal("failed to verify flags", Notice.field("error", error)));
  }

  static Refusal notYet(String feature, String flag) {
    return invalid(feature + " is not supported yet: --" + flag);
  }

  static Refusal because(Notice notice) {
    return new Refusal(notice);
  }

  Notice notice() {
    return notice;
  }
}
