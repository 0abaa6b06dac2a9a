package io.kvorum.proto;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FileDescriptor;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.kvorum.proto.auth.AuthProto;
import io.kvorum.proto.election.ElectionGrpc;
import io.kvorum.proto.election.V3ElectionProto;
import io.kvorum.proto.etcd.AuthGrpc;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.KVGrpc;
import io.kvorum.proto.etcd.LeaseGrpc;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.RpcProto;
import io.kvorum.proto.etcd.WatchGrpc;
import io.kvorum.proto.lock.LockGrpc;
import io.kvorum.proto.lock.V3LockProto;
import io.kvorum.proto.mvcc.KvProto;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/// The client API as existing etcd clients speak it, line by line, against what we generate. A
/// difference here breaks clients, whichever side of it looks nicer.
class EtcdApiTest {
  private static final List<FileDescriptor> FILES =
      List.of(
          RpcProto.getDescriptor(),
          KvProto.getDescriptor(),
          AuthProto.getDescriptor(),
          V3LockProto.getDescriptor(),
          V3ElectionProto.getDescriptor());

  private static final List<ServiceDescriptor> STUBS =
      List.of(
          KVGrpc.getServiceDescriptor(),
          WatchGrpc.getServiceDescriptor(),
          LeaseGrpc.getServiceDescriptor(),
          ClusterGrpc.getServiceDescriptor(),
          MaintenanceGrpc.getServiceDescriptor(),
          AuthGrpc.getServiceDescriptor(),
          LockGrpc.getServiceDescriptor(),
          ElectionGrpc.getServiceDescriptor());

  @Test
  void generatedFiles_rpcsListed_areThe49OfTheTable() {
    List<String> expected = table(line -> line.startsWith("rpc "));

    List<String> actual = FILES.stream().flatMap(file -> ApiText.rpcsOf(file).stream()).toList();

    assertThat(actual).containsExactlyInAnyOrderElementsOf(expected).hasSize(49);
  }

  @Test
  void generatedFiles_typesListed_areThoseOfTheTable() {
    List<String> expected = table(line -> !line.startsWith("rpc "));

    List<String> actual = FILES.stream().flatMap(file -> ApiText.typesOf(file).stream()).toList();

    assertThat(actual).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void generatedStubs_methodsListed_haveThePathsAndStreamsOfTheTable() {
    List<String> expected = table(line -> line.startsWith("rpc "));

    List<String> actual =
        STUBS.stream().flatMap(stub -> stub.getMethods().stream()).map(EtcdApiTest::rpc).toList();

    assertThat(actual).containsExactlyInAnyOrderElementsOf(expected);
  }

  /// As [ApiText] says it, but from what travels in the request: the path and the call's kind.
  private static String rpc(MethodDescriptor<?, ?> method) {
    ProtoMethodDescriptorSupplier schema =
        (ProtoMethodDescriptorSupplier) Objects.requireNonNull(method.getSchemaDescriptor());
    return "rpc %s (%s%s) returns (%s%s)"
        .formatted(
            method.getFullMethodName(),
            method.getType().clientSendsOneMessage() ? "" : "stream ",
            schema.getMethodDescriptor().getInputType().getFullName(),
            method.getType().serverSendsOneMessage() ? "" : "stream ",
            schema.getMethodDescriptor().getOutputType().getFullName());
  }

  private static List<String> table(Predicate<String> wanted) {
    return TextResource.linesOf("/etcd-v3-api.txt").stream().filter(wanted).toList();
  }
}
