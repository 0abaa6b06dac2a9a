package io.kvorum.raft.simulation;

import java.util.Optional;

/// What came of a run.
///
/// @param traceHash equal for runs that went the same way
/// @param last the last events, and a line for each member
record Outcome(
    Scenario scenario,
    long events,
    long traceHash,
    Coverage coverage,
    Optional<Failure> failure,
    String last) {

  /// What went wrong.
  ///
  /// @param invariant its number in raft.md §2, `P` for a check of the product itself
  record Failure(String invariant, Throwable cause) {}

  /// Everything a reader needs: how to repeat it, what broke, and how it came to it.
  String report() {
    StringBuilder text = new StringBuilder();
    failure.ifPresent(
        it ->
            text.append(it.invariant()).append(": ").append(it.cause().getMessage()).append('\n'));
    text.append("reproduce: ").append(scenario.command()).append('\n').append(last);
    return text.toString();
  }
}
