package io.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Tab separated: time, level, caller, message, and the fields as JSON if there are any.
final class ConsoleLines extends EncoderBase<ILoggingEvent> {
  private static final byte[] NOTHING = {};

  private final JsonFactory json = new JsonFactory();

  @Override
  public byte[] encode(ILoggingEvent event) {
    LogLine line = LogLine.of(event);
    StringBuilder text = new StringBuilder(160);
    text.append(line.time()).append('\t').append(line.level()).append('\t');
    text.append(line.caller()).append('\t').append(line.message());
    if (!line.fields().isEmpty()) {
      text.append('\t').append(fields(line));
    }
    return text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private String fields(LogLine line) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = json.createGenerator(text)) {
      out.writeStartObject();
      JsonLines.writeFields(out, line);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return text.toString();
  }

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }
}
