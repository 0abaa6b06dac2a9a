package io.kvorum.server.cluster;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.kvorum.proto.storage.Member;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// The page `/members` of a peer port, as etcd has it: a list of objects with `id` (decimal),
/// `peerURLs`, `name`, `clientURLs` and `isLearner`; what is empty or false is left out.
final class MemberListJson {
  private static final JsonFactory JSON = new JsonFactory();

  private MemberListJson() {}

  static String write(List<Member> members) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartArray();
      for (Member member : members) {
        json.writeStartObject();
        json.writeFieldName("id");
        json.writeNumber(Long.toUnsignedString(member.getId()));
        writeUrls(json, "peerURLs", member.getPeerUrlsList());
        if (!member.getName().isEmpty()) {
          json.writeStringField("name", member.getName());
        }
        writeUrls(json, "clientURLs", member.getClientUrlsList());
        if (member.getLearner()) {
          json.writeBooleanField("isLearner", true);
        }
        json.writeEndObject();
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException("a string cannot be written", e);
    }
    return text.toString();
  }

  private static void writeUrls(JsonGenerator json, String name, List<String> urls)
      throws IOException {
    if (!urls.isEmpty()) {
      json.writeFieldName(name);
      json.writeArray(urls.toArray(String[]::new), 0, urls.size());
    }
  }

  /// Reads the page; fields of other names are passed over.
  ///
  /// @throws IOException if it is not such a list
  static List<Member> read(String text) throws IOException {
    List<Member> members = new ArrayList<>();
    try (JsonParser json = JSON.createParser(text)) {
      expect(json.nextToken() == JsonToken.START_ARRAY, "no list of members");
      while (json.nextToken() == JsonToken.START_OBJECT) {
        members.add(readMember(json));
      }
      expect(json.currentToken() == JsonToken.END_ARRAY, "no end of the list of members");
    }
    return List.copyOf(members);
  }

  private static Member readMember(JsonParser json) throws IOException {
    Member.Builder member = Member.newBuilder();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String field = json.currentName();
      json.nextToken();
      switch (field) {
        case "id" -> member.setId(readId(json));
        case "name" -> member.setName(json.getText());
        case "isLearner" -> member.setLearner(json.getBooleanValue());
        case "peerURLs" -> member.addAllPeerUrls(readUrls(json));
        case "clientURLs" -> member.addAllClientUrls(readUrls(json));
        default -> json.skipChildren();
      }
    }
    expect(member.getId() != 0, "a member without an id");
    return member.build();
  }

  private static long readId(JsonParser json) throws IOException {
    try {
      return Long.parseUnsignedLong(json.getText());
    } catch (NumberFormatException e) {
      throw new IOException("a member id is no number: " + json.getText(), e);
    }
  }

  private static List<String> readUrls(JsonParser json) throws IOException {
    List<String> urls = new ArrayList<>();
    if (json.currentToken() == JsonToken.START_ARRAY) {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        urls.add(json.getText());
      }
    }
    return urls;
  }

  private static void expect(boolean holds, String otherwise) throws IOException {
    if (!holds) {
      throw new IOException(otherwise);
    }
  }
}
