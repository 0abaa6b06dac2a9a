package io.kvorum.raft.scenario;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One line of a scenario: its words in order, and its `key=value` pairs.
final class Words {
  private final List<String> plain = new ArrayList<>();
  private final Map<String, String> named = new LinkedHashMap<>();
  private final String text;

  private Words(String text) {
    this.text = text;
  }

  static Words of(String line) {
    Words words = new Words(line);
    for (String word : line.strip().split("\\s+", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        words.named.put(word.substring(0, equals), word.substring(equals + 1));
      } else {
        words.plain.add(word);
      }
    }
    return words;
  }

  int size() {
    return plain.size();
  }

  String at(int position) {
    if (position >= plain.size()) {
      throw new IllegalArgumentException("word " + position + " is missing in: " + text);
    }
    return plain.get(position);
  }

  boolean has(String word) {
    return plain.contains(word);
  }

  MemberId member(int position) {
    return member(at(position));
  }

  long number(int position) {
    return Long.parseLong(at(position));
  }

  /// The word at `position` as `from>to`.
  Link link(int position) {
    String[] ends = at(position).split(">", -1);
    return new Link(member(ends[0]), member(ends[1]));
  }

  Optional<String> named(String key) {
    return Optional.ofNullable(named.get(key));
  }

  long named(String key, long otherwise) {
    return named(key).map(Long::parseLong).orElse(otherwise);
  }

  boolean isOn(String key, boolean otherwise) {
    return named(key).map(word -> word.equals("on") || word.equals("yes")).orElse(otherwise);
  }

  Map<String, String> named() {
    return named;
  }

  /// The line from the word at `position` on, as it was written.
  Words from(int position) {
    return of(text.strip().split("\\s+", position + 1)[position]);
  }

  /// Empty if there is nothing behind.
  String textFrom(int position) {
    String[] words = text.strip().split("\\s+", position + 1);
    return words.length > position ? words[position] : "";
  }

  /// The entries behind `=`.
  List<EntryId> entriesFrom(int position) {
    return plain.subList(position, plain.size()).stream()
        .filter(word -> word.contains("/"))
        .map(Words::entry)
        .toList();
  }

  /// Entries behind `=` with what they say: a membership change, as in `3/4:+v4_explicit`, or their
  /// own id.
  List<Entry> logFrom(int position) {
    return plain.subList(position, plain.size()).stream()
        .filter(word -> word.contains("/"))
        .map(Words::logEntry)
        .toList();
  }

  static Entry logEntry(String word) {
    int colon = word.indexOf(':');
    if (colon < 0) {
      return new Entry(entry(word), EntryKind.NORMAL, ByteString.copyFromUtf8("old " + word));
    }
    ByteString change = ByteString.copyFromUtf8(word.substring(colon + 1).replace('_', ' '));
    return new Entry(entry(word.substring(0, colon)), EntryKind.CONFIGURATION, change);
  }

  static MemberId member(String word) {
    return new MemberId(Long.parseLong(word));
  }

  static List<MemberId> members(String word) {
    List<MemberId> members = new ArrayList<>();
    for (String each : word.split(",", -1)) {
      members.add(member(each));
    }
    return members;
  }

  static EntryId entry(String word) {
    String[] parts = word.split("/", -1);
    return new EntryId(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }

  @Override
  public String toString() {
    return text;
  }
}
