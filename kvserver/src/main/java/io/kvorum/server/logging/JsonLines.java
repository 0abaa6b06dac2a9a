package io.kvorum.server.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// One JSON object per line: `level`, `ts`, `logger` (libraries only), `caller`, `msg`, then the
/// fields in the order they were given, `stacktrace` last.
final class JsonLines extends EncoderBase<ILoggingEvent> {
  private static final byte[] NOTHING = {};

  private final JsonFactory json = new JsonFactory();

  @Override
  public byte[] encode(ILoggingEvent event) {
    LogLine line = LogLine.of(event);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (JsonGenerator out = json.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeStringField("level", line.level());
      out.writeStringField("ts", line.time());
      if (line.logger().isPresent()) {
        out.writeStringField("logger", line.logger().get());
      }
      out.writeStringField("caller", line.caller());
      out.writeStringField("msg", line.message());
      writeFields(out, line);
      out.writeEndObject();
      out.writeRaw('\n');
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  static void writeFields(JsonGenerator out, LogLine line) throws IOException {
    for (LogLine.Field field : line.fields()) {
      out.writeFieldName(field.key());
      switch (field.value()) {
        case Boolean flag -> out.writeBoolean(flag);
        case Integer number -> out.writeNumber(number);
        case Long number -> out.writeNumber(number);
        case Double number -> out.writeNumber(number);
        case Iterable<?> values -> {
          out.writeStartArray();
          for (Object value : values) {
            out.writeString(String.valueOf(value));
          }
          out.writeEndArray();
        }
        case Object value -> out.writeString(value.toString());
      }
    }
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
