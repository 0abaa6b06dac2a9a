package io.kvorum.proto;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;

/// A message and the bytes it has always had.
record GoldenCase(Message message, ByteString bytes) {

  /// Reads the cases of a resource. A case is a block of lines, ended by an empty one:
  ///
  /// ```
  /// full name of the message's type
  /// the message as protobuf text, any number of lines
  /// = its bytes in hex, any number of such lines
  /// ```
  static List<GoldenCase> readAll(String resource, Function<String, Message> emptyMessageOf)
      throws ParseException {
    String whole = String.join("\n", TextResource.linesOf(resource)).strip();
    List<GoldenCase> cases = new ArrayList<>();
    for (String block : whole.split("\n\n+", -1)) {
      cases.add(read(block.lines().toList(), emptyMessageOf));
    }
    return List.copyOf(cases);
  }

  private static GoldenCase read(List<String> lines, Function<String, Message> emptyMessageOf)
      throws ParseException {
    Message.Builder message = emptyMessageOf.apply(lines.getFirst()).newBuilderForType();
    StringBuilder text = new StringBuilder();
    StringBuilder hex = new StringBuilder();
    for (String line : lines.subList(1, lines.size())) {
      if (line.startsWith("= ")) {
        hex.append(line, 2, line.length());
      } else {
        text.append(line).append('\n');
      }
    }
    TextFormat.merge(text, message);
    return new GoldenCase(
        message.build(), ByteString.copyFrom(HexFormat.of().parseHex(hex.toString())));
  }
}
