package io.kvorum.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import io.kvorum.proto.command.CommandProto;
import io.kvorum.proto.command.LogCommand;
import io.kvorum.proto.peer.CallProto;
import io.kvorum.proto.peer.Envelope;
import io.kvorum.proto.peer.Handshake;
import io.kvorum.proto.peer.HandshakeReply;
import io.kvorum.proto.peer.Note;
import io.kvorum.proto.peer.PeerProto;
import io.kvorum.proto.peer.SnapshotFrame;
import io.kvorum.proto.storage.Alarms;
import io.kvorum.proto.storage.ClusterVersion;
import io.kvorum.proto.storage.Membership;
import io.kvorum.proto.storage.StorageProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The bytes of our own formats. Log commands and store records are read again by every later
/// version, peer messages by members of neighbouring versions: a change must show here, in review.
/// The bytes in the resources were not made by the code under test, but from the field numbers
/// alone.
class GoldenBytesTest {
  private static final List<FileDescriptor> FILES =
      List.of(
          CommandProto.getDescriptor(),
          StorageProto.getDescriptor(),
          PeerProto.getDescriptor(),
          CallProto.getDescriptor());

  private static final Map<String, Message> EMPTY_MESSAGES =
      Stream.<Message>of(
              LogCommand.getDefaultInstance(),
              Alarms.getDefaultInstance(),
              Membership.getDefaultInstance(),
              ClusterVersion.getDefaultInstance(),
              Handshake.getDefaultInstance(),
              HandshakeReply.getDefaultInstance(),
              Envelope.getDefaultInstance(),
              Note.getDefaultInstance(),
              SnapshotFrame.getDefaultInstance())
          .collect(
              Collectors.toMap(
                  message -> message.getDescriptorForType().getFullName(),
                  message -> message,
                  (_, later) -> later,
                  TreeMap::new));

  @TestFactory
  Stream<DynamicTest> goldenMessage_encoded_hasTheGoldenBytes() throws ParseException {
    return eachCase(
        golden -> assertThat(golden.message().toByteString()).isEqualTo(golden.bytes()));
  }

  @TestFactory
  Stream<DynamicTest> goldenBytes_decoded_areTheGoldenMessage() throws ParseException {
    return eachCase(golden -> assertThat(decode(golden)).isEqualTo(golden.message()));
  }

  /// Without this a new field or command could be released with nothing to hold its bytes.
  @Test
  void ourFormats_fieldsAndConstantsListed_areAllUsedInSomeGoldenMessage() throws ParseException {
    Set<String> declared = new TreeSet<>();
    for (FileDescriptor file : FILES) {
      file.getMessageTypes().forEach(message -> addDeclared(message, declared));
      file.getEnumTypes().forEach(type -> addDeclared(type, declared));
    }

    Set<String> seen = new TreeSet<>();
    allCases().forEach(golden -> addSeen(golden.message(), seen));

    assertThat(seen).containsAll(declared);
  }

  private interface Check {
    void on(GoldenCase golden) throws InvalidProtocolBufferException;
  }

  private static Stream<DynamicTest> eachCase(Check check) throws ParseException {
    return allCases().stream()
        .map(
            golden ->
                DynamicTest.dynamicTest(singleLine(golden.message()), () -> check.on(golden)));
  }

  private static String singleLine(Message message) {
    return TextFormat.printer().emittingSingleLine(true).printToString(message);
  }

  private static List<GoldenCase> allCases() throws ParseException {
    List<GoldenCase> cases = new ArrayList<>();
    for (String format : List.of("command", "storage", "peer", "call")) {
      cases.addAll(
          GoldenCase.readAll(
              "/golden/" + format + ".txt",
              type -> Objects.requireNonNull(EMPTY_MESSAGES.get(type))));
    }
    return cases;
  }

  private static Message decode(GoldenCase golden) throws InvalidProtocolBufferException {
    return golden.message().getParserForType().parseFrom(golden.bytes());
  }

  private static void addDeclared(Descriptor message, Set<String> names) {
    message.getFields().forEach(field -> names.add(field.getFullName()));
    message.getNestedTypes().forEach(nested -> addDeclared(nested, names));
    message.getEnumTypes().forEach(nested -> addDeclared(nested, names));
  }

  /// Zero values are left out: they are not encoded, and no other number may come first.
  private static void addDeclared(EnumDescriptor type, Set<String> names) {
    type.getValues().stream()
        .filter(value -> value.getNumber() != 0)
        .forEach(value -> names.add(value.getFullName()));
  }

  private static void addSeen(Message message, Set<String> names) {
    message.getAllFields().forEach((field, value) -> addSeen(field, value, names));
  }

  private static void addSeen(FieldDescriptor field, Object value, Set<String> names) {
    names.add(field.getFullName());
    List<?> elements = field.isRepeated() ? (List<?>) value : List.of(value);
    for (Object element : elements) {
      if (element instanceof Message inner) {
        addSeen(inner, names);
      } else if (element instanceof EnumValueDescriptor constant) {
        names.add(constant.getFullName());
      }
    }
  }
}
