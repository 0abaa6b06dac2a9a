package io.kvorum.raft.simulation;

/// What the witnesses hold a run to.
enum Judgement {
  EVERYTHING,
  /// Not the rules about what must be durable when (I8, I9, I11, I13, I22), but only what comes of
  /// breaking them. Shows that the world really produces the disasters these rules prevent.
  CONSEQUENCES
}
