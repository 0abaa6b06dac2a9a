package io.kvorum.server.cluster;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvorum.server.command.ApiVersion;
import io.kvorum.server.command.FeatureLevel;
import java.io.IOException;
import java.util.Optional;

/// What a running cluster has reached, from the page `/version` of a peer port.
///
/// @param version empty until the cluster has decided it
/// @param featureLevel of a member too old to tell: the first one
public record ReachedVersion(Optional<ApiVersion> version, int featureLevel) {
  private static final JsonFactory JSON = new JsonFactory();
  private static final ApiVersion OLDEST = new ApiVersion(3, 0);

  /// Reads the page; fields of other names are passed over.
  ///
  /// @throws IOException if it is no such page
  static ReachedVersion read(String text) throws IOException {
    Optional<ApiVersion> version = Optional.empty();
    int level = FeatureLevel.FIRST;
    try (JsonParser json = JSON.createParser(text)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("no object with versions");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "etcdcluster" -> version = ApiVersion.of(json.getText());
          case "featureLevel" -> level = json.getIntValue();
          default -> json.skipChildren();
        }
      }
    }
    return new ReachedVersion(version, level);
  }

  /// Whether a member that understands no more than this may belong.
  public boolean admits(ApiVersion own, int ownLevel) {
    return featureLevel <= ownLevel
        && version
            .filter(reached -> reached.compareTo(OLDEST) < 0 || reached.compareTo(own) > 0)
            .isEmpty();
  }
}
