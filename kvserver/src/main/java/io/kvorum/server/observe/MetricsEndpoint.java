package io.kvorum.server.observe;

import com.google.protobuf.ByteString;
import io.kvorum.server.transport.HttpAnswer;
import io.kvorum.server.transport.HttpAnswer.Header;
import io.kvorum.server.transport.HttpHandler;
import io.kvorum.server.transport.HttpRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;

/// `/metrics`: the Prometheus text, compressed for those who accept it. A thousand meters take
/// milliseconds to write, so this is done away from the event loops, by a few at a time; more than
/// that many scrapes at once are answered with 503.
final class MetricsEndpoint implements HttpHandler {
  private static final int MAX_RENDERINGS = 4;
  private static final Header TYPE =
      new Header("content-type", "text/plain; version=0.0.4; charset=utf-8");

  private final Supplier<String> text;
  private final Executor renderers;
  private final IntConsumer statuses;
  private final Semaphore places = new Semaphore(MAX_RENDERINGS);

  /// @param statuses told the HTTP status of every answer
  MetricsEndpoint(Supplier<String> text, Executor renderers, IntConsumer statuses) {
    this.text = text;
    this.renderers = renderers;
    this.statuses = statuses;
  }

  @Override
  public void handle(HttpRequest request, Reply reply) {
    if (!places.tryAcquire()) {
      statuses.accept(503);
      reply.send(HttpAnswer.text(503, "too many scrapes at once\n"));
      return;
    }
    boolean compressed = request.header("accept-encoding").orElse("").contains("gzip");
    renderers.execute(
        () -> {
          try {
            statuses.accept(200);
            reply.send(answer(compressed));
          } finally {
            places.release();
          }
        });
  }

  private HttpAnswer answer(boolean compressed) {
    ByteString body = ByteString.copyFromUtf8(text.get());
    return compressed
        ? new HttpAnswer(200, List.of(TYPE, new Header("content-encoding", "gzip")), gzip(body))
        : new HttpAnswer(200, List.of(TYPE), body);
  }

  private static ByteString gzip(ByteString body) {
    ByteString.Output compressed = ByteString.newOutput();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      body.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return compressed.toByteString();
  }
}
