package io.kvorum.proto;

import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A proto file as sorted facts, one line each, holding exactly what a client of another make can
/// notice: names, numbers, types, presence. Comments, options and order are left out.
///
/// The grammar of the lines stands at the top of the resource `etcd-v3-api.txt`.
final class ApiText {
  private ApiText() {}

  static List<String> rpcsOf(FileDescriptor file) {
    List<String> lines = new ArrayList<>();
    for (ServiceDescriptor service : file.getServices()) {
      for (MethodDescriptor method : service.getMethods()) {
        lines.add(rpc(method));
      }
    }
    return lines;
  }

  /// Messages, fields and enum values, nested ones included.
  static List<String> typesOf(FileDescriptor file) {
    List<String> lines = new ArrayList<>();
    file.getMessageTypes().forEach(message -> addMessage(message, lines));
    file.getEnumTypes().forEach(type -> addEnum(type, lines));
    return lines;
  }

  private static String rpc(MethodDescriptor method) {
    return "rpc %s/%s (%s%s) returns (%s%s)"
        .formatted(
            method.getService().getFullName(),
            method.getName(),
            method.isClientStreaming() ? "stream " : "",
            method.getInputType().getFullName(),
            method.isServerStreaming() ? "stream " : "",
            method.getOutputType().getFullName());
  }

  private static void addMessage(Descriptor message, List<String> lines) {
    lines.add("message " + message.getFullName());
    message.getFields().forEach(field -> lines.add(field(field)));
    message.getNestedTypes().forEach(nested -> addMessage(nested, lines));
    message.getEnumTypes().forEach(nested -> addEnum(nested, lines));
  }

  private static void addEnum(EnumDescriptor type, List<String> lines) {
    type.getValues()
        .forEach(
            value ->
                lines.add(
                    "value %s.%s = %d"
                        .formatted(type.getFullName(), value.getName(), value.getNumber())));
  }

  private static String field(FieldDescriptor field) {
    return "field %s = %d %s%s%s"
        .formatted(
            field.getFullName(),
            field.getNumber(),
            field.isRepeated() ? "repeated " : "",
            typeName(field),
            peculiarities(field));
  }

  private static String typeName(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case MESSAGE -> field.getMessageType().getFullName();
      case ENUM -> field.getEnumType().getFullName();
      case INT, LONG, FLOAT, DOUBLE, BOOLEAN, STRING, BYTE_STRING ->
          field.getLiteType().name().toLowerCase(Locale.ROOT);
    };
  }

  /// What changes the encoding or the presence of a field beyond its type. Numbers in a list are
  /// packed unless it says otherwise here.
  private static String peculiarities(FieldDescriptor field) {
    FieldDescriptorProto proto = field.toProto();
    OneofDescriptor oneof = field.getRealContainingOneof();
    return (oneof == null ? "" : " oneof " + oneof.getName())
        + (proto.getProto3Optional() ? " optional" : "")
        + (field.isPackable() && !field.isPacked() ? " unpacked" : "");
  }
}
