package io.kvorum.server.transport;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// The head of an HTTP request, in the same form for HTTP/1.1 and HTTP/2. Bodies are read and
/// dropped: no endpoint takes one.
///
/// @param path decoded path without the query
/// @param query decoded query parameters; one without `=` has the value ""
/// @param headers only those of [#HEADERS] that were sent, by lower-case name
public record HttpRequest(
    String method,
    String path,
    NavigableMap<String, List<String>> query,
    NavigableMap<String, String> headers) {

  /// The headers that endpoints look at.
  public static final List<String> HEADERS = List.of("host", "origin", "accept-encoding");

  private static final int MAX_PARAMETERS = 64;

  public HttpRequest {
    query = Collections.unmodifiableNavigableMap(new TreeMap<>(query));
    headers = Collections.unmodifiableNavigableMap(new TreeMap<>(headers));
  }

  /// Splits and decodes `target`. Throws [IllegalArgumentException] when it is not decodable.
  static HttpRequest of(String method, String target, NavigableMap<String, String> headers) {
    QueryStringDecoder decoder =
        new QueryStringDecoder(target, StandardCharsets.UTF_8, true, MAX_PARAMETERS);
    return new HttpRequest(method, decoder.path(), new TreeMap<>(decoder.parameters()), headers);
  }

  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  /// All values of a query parameter, in order.
  public List<String> parameters(String name) {
    return query.getOrDefault(name, List.of());
  }
}
