package io.kvorum.raft.snapshot;

import io.kvorum.invariant.Invariant;

/// One file of a snapshot. The name cannot leave the directory it is put into.
public record SnapshotFile(String name, long sizeBytes) {
  private static final int MAX_NAME_CHARACTERS = 255;

  public SnapshotFile {
    Invariant.check(isName(name), "'%s' is no name for a file", name);
    Invariant.check(sizeBytes >= 0, "%s has %d bytes", name, sizeBytes);
  }

  /// Whether this may be the name of a file: letters, digits, `-`, `_`, and `.` but not in front.
  public static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_NAME_CHARACTERS
        && name.charAt(0) != '.'
        && name.chars().allMatch(SnapshotFile::isNameCharacter);
  }

  private static boolean isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.';
  }
}
