/// Whole Raft groups on one thread, from one seed (raft.md §4): the real core, the real log codec
/// and recovery, and the shell's ordering rules, over simulated time, network and disks.
///
/// A seed decides the cluster, its limits, which faults happen and how often, and every order of
/// events. Witnesses that know nothing of the implementation compare each step with the invariants
/// of raft.md §2. Start reading at [io.kvorum.raft.simulation.Simulation]; `./sim` runs it.
@NullMarked
package io.kvorum.raft.simulation;

import org.jspecify.annotations.NullMarked;
