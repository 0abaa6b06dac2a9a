package io.kvorum.testkit.history;

/// A key as a response shows it.
public record Pair(String key, String value, long createRevision, long modRevision, long version) {}
