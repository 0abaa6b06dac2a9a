package io.kvorum.server.transport;

import com.google.protobuf.ByteString;
import java.util.List;

/// A complete HTTP response. `content-length` is added when it is sent.
///
/// @param headers names in lower case, as HTTP/2 demands
public record HttpAnswer(int status, List<Header> headers, ByteString body) {

  /// One header line.
  public record Header(String name, String value) {}

  public HttpAnswer {
    headers = List.copyOf(headers);
  }

  /// Plain text with Go's headers for it.
  public static HttpAnswer text(int status, String body) {
    return new HttpAnswer(
        status,
        List.of(
            new Header("content-type", "text/plain; charset=utf-8"),
            new Header("x-content-type-options", "nosniff")),
        ByteString.copyFromUtf8(body));
  }
}
