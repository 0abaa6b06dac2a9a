package io.kvorum.server.apply;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.server.command.ProgramOutdated;

/// The replicated facts kept in the store's `meta` family beside the store's own. The names are
/// part of the format.
enum StoredFact {
  ALARMS("alarms"),
  MEMBERSHIP("membership"),
  CLUSTER_VERSION("cluster-version");

  private final String key;

  StoredFact(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  /// Decodes a record that this program or an earlier one has written.
  <T> T parse(ByteString bytes, Parser<T> parser) {
    try {
      return parser.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new InvariantViolation("stored " + key + " is damaged", e);
    }
  }

  /// Refuses a record of a newer program: guessing would make members differ.
  void checkFormat(int found, int known) {
    if (found != known) {
      throw new ProgramOutdated(
          "stored " + key + " has format " + found + ", this program knows " + known);
    }
  }
}
