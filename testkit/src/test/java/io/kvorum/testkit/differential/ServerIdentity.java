package io.kvorum.testkit.differential;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.kvorum.proto.etcd.ResponseHeader;

/// The ids of one server, which every top-level header must carry (api.md §5.2).
record ServerIdentity(long clusterId, long memberId) {

  /// The message with its header's ids and term set to 1, if they are what they should be. Wrong
  /// ones stay as they are, so that a comparison shows them.
  @SuppressWarnings("unchecked") // A builder made from an M builds an M.
  <M extends Message> M masked(M message) {
    FieldDescriptor field = message.getDescriptorForType().findFieldByName("header");
    if (field == null || !message.hasField(field)) {
      return message;
    }
    ResponseHeader header = (ResponseHeader) message.getField(field);
    return (M) message.toBuilder().setField(field, masked(header)).build();
  }

  private ResponseHeader masked(ResponseHeader header) {
    ResponseHeader.Builder masked = header.toBuilder();
    if (header.getClusterId() == clusterId) {
      masked.setClusterId(1);
    }
    if (header.getMemberId() == memberId) {
      masked.setMemberId(1);
    }
    if (header.getRaftTerm() > 0) {
      masked.setRaftTerm(1);
    }
    return masked.build();
  }
}
