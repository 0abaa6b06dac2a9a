package io.kvorum.testkit.differential;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongUnaryOperator;

/// Names for the lease ids that one server chose itself: the script says "the first chosen lease",
/// each server has another number for it.
final class LeaseAliases {

  /// The alias of the first chosen lease; the next ones count up from here.
  static final long FIRST = 0x6b76_0000_0000_0000L;

  private final Map<Long, Long> realByAlias = new ConcurrentHashMap<>();
  private final Map<Long, Long> aliasByReal = new ConcurrentHashMap<>();

  /// Names the next lease that the server chose.
  void name(long realId) {
    long alias = FIRST + realByAlias.size();
    realByAlias.put(alias, realId);
    aliasByReal.put(realId, alias);
  }

  <M extends Message> M toServer(M message) {
    return realByAlias.isEmpty()
        ? message
        : replaced(message, id -> realByAlias.getOrDefault(id, id));
  }

  <M extends Message> M toScript(M message) {
    return aliasByReal.isEmpty()
        ? message
        : replaced(message, id -> aliasByReal.getOrDefault(id, id));
  }

  @SuppressWarnings("unchecked") // A builder made from an M builds an M.
  private static <M extends Message> M replaced(M message, LongUnaryOperator ids) {
    Message.Builder builder = message.toBuilder();
    replaceIn(builder, ids);
    return (M) builder.build();
  }

  private static void replaceIn(Message.Builder builder, LongUnaryOperator ids) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (field.isRepeated()) {
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
          for (int i = 0; i < builder.getRepeatedFieldCount(field); i++) {
            Message.Builder element = ((Message) builder.getRepeatedField(field, i)).toBuilder();
            replaceIn(element, ids);
            builder.setRepeatedField(field, i, element.build());
          }
        }
      } else if (builder.hasField(field)) {
        if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
          Message.Builder inner = ((Message) builder.getField(field)).toBuilder();
          replaceIn(inner, ids);
          builder.setField(field, inner.build());
        } else if (isLeaseId(field)) {
          builder.setField(field, ids.applyAsLong((Long) builder.getField(field)));
        }
      }
    }
  }

  private static boolean isLeaseId(FieldDescriptor field) {
    return field.getType() == FieldDescriptor.Type.INT64
        && (field.getName().equals("lease") || field.getName().equals("ID"));
  }
}
