package io.kvorum.raft.simulation;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.membership.Configuration;

/// The state machine: sixteen keys, a revision that counts puts, the configuration, and a running
/// hash of everything that was applied.
///
/// A put's payload is the token of its proposal and a key; everything after is ballast.
final class KvState {
  static final int PUT_BYTES = Long.BYTES + 1;
  private static final int KEYS = 16;

  private final long[] tokens = new long[KEYS];
  private final long[] modRevisions = new long[KEYS];
  private EntryId applied;
  private Configuration configuration;
  private long revision;
  private long prefixHash;

  KvState(EntryId applied, Configuration configuration) {
    this.applied = applied;
    this.configuration = configuration;
    this.prefixHash = LogImage.foundingHash(applied);
  }

  KvState copy() {
    KvState copy = new KvState(applied, configuration);
    System.arraycopy(tokens, 0, copy.tokens, 0, KEYS);
    System.arraycopy(modRevisions, 0, copy.modRevisions, 0, KEYS);
    copy.revision = revision;
    copy.prefixHash = prefixHash;
    return copy;
  }

  EntryId applied() {
    return applied;
  }

  long appliedIndex() {
    return applied.index();
  }

  Configuration configuration() {
    return configuration;
  }

  long revision() {
    return revision;
  }

  /// Equal on two members exactly if they applied the same entries.
  long prefixHash() {
    return prefixHash;
  }

  /// Of the keys and values alone.
  long contentHash() {
    long hash = revision;
    for (int key = 0; key < KEYS; key++) {
      hash = LogImage.mix(LogImage.mix(hash, tokens[key]), modRevisions[key]);
    }
    return hash;
  }

  /// Takes the effect of the next entry. A configuration entry that leads nowhere is neutralised.
  void apply(Entry entry) {
    applied = entry.id();
    prefixHash = LogImage.hashAfter(prefixHash, entry);
    if (entry.kind() == EntryKind.CONFIGURATION) {
      configuration = ChangeEncoding.applyTo(configuration, ChangeEncoding.decode(entry.payload()));
    } else if (entry.payload().size() >= PUT_BYTES) {
      revision++;
      int key = entry.payload().byteAt(Long.BYTES) & (KEYS - 1);
      tokens[key] = tokenOf(entry.payload());
      modRevisions[key] = revision;
    }
  }

  /// The token of the proposal that a put came with.
  static long tokenOf(ByteString payload) {
    return payload.asReadOnlyByteBuffer().getLong(0);
  }
}
