package io.kvorum.testkit.differential;

/// One seeded script against two servers.
///
/// Each command is chosen when both servers have answered the one before alike. Events arrive when
/// they like: they are waited for and compared from time to time, and before every command that
/// could keep some from being delivered.
final class DifferentialRun {
  private static final int REQUESTS_BETWEEN_SETTLEMENTS = 150;

  private final LockStep servers;
  private final ScriptGenerator script;
  private int requestsWhenSettled;

  DifferentialRun(long seed, LeaseScript.Ids leaseIds, ServerPair servers) {
    this.servers =
        new LockStep(
            servers, "seed " + seed + " (replay with -Dkvorum.seed=" + seed + "), " + leaseIds);
    this.script = new ScriptGenerator(seed, leaseIds);
  }

  /// Runs until each server was sent at least this many requests. Throws at the first difference.
  Tally run(int count) throws InterruptedException {
    while (servers.requests() < count || script.isInEpisode()) {
      step(script.next());
    }
    settle();
    return servers.tally();
  }

  int requests() {
    return servers.requests();
  }

  private void step(Command command) throws InterruptedException {
    boolean due = servers.requests() - requestsWhenSettled >= REQUESTS_BETWEEN_SETTLEMENTS;
    if (command.endsDelivery() || (due && !script.isInEpisode())) {
      settle();
    }
    servers.exchange(command).ifPresent(answer -> script.state().observe(command, answer));
  }

  private void settle() throws InterruptedException {
    servers.settle();
    requestsWhenSettled = servers.requests();
  }
}
