/// Figures, never tests: JMH per data structure, and comparisons with a peer in the same run.
/// `benchmarks/README.md` says how to run them; results stand beside it, with machine and commit.
@NullMarked
package io.kvorum.benchmarks;

import org.jspecify.annotations.NullMarked;
