package io.kvorum.testkit.nemesis;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.kvorum.proto.etcd.MaintenanceGrpc;
import io.kvorum.proto.etcd.MoveLeaderRequest;
import io.kvorum.proto.etcd.StatusRequest;
import io.kvorum.proto.etcd.StatusResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// Who leads, as the members say when they are asked, again and again.
final class Leadership implements AutoCloseable {
  private static final int ANSWER_MILLIS = 300;
  private static final int PAUSE_MILLIS = 100;
  private static final int MOVE_MILLIS = 2_000;

  private final List<ManagedChannel> members = new ArrayList<>();
  private final Thread asking;
  private volatile OptionalInt leader = OptionalInt.empty();
  private volatile int terms;
  private final Map<Integer, Long> ids = new ConcurrentHashMap<>();

  Leadership(List<String> endpoints) {
    for (String endpoint : endpoints) {
      members.add(NettyChannelBuilder.forTarget(endpoint).usePlaintext().build());
    }
    asking = Thread.ofVirtual().name("leadership").start(this::askAgainAndAgain);
  }

  /// The member that said last that it leads.
  OptionalInt leader() {
    return leader;
  }

  /// How many terms had a leader that was seen.
  int terms() {
    return terms;
  }

  /// Asks the leader to hand over to this member, and does not care whether that works.
  void moveTo(int member) {
    OptionalInt from = leader;
    Long id = ids.get(member);
    if (from.isEmpty() || id == null) {
      return;
    }
    try {
      var _ =
          MaintenanceGrpc.newBlockingStub(members.get(from.getAsInt()))
              .withDeadlineAfter(MOVE_MILLIS, TimeUnit.MILLISECONDS)
              .moveLeader(MoveLeaderRequest.newBuilder().setTargetID(id).build());
    } catch (StatusRuntimeException _) {
      return; // it does not lead any more, or cannot reach the other
    }
  }

  private void askAgainAndAgain() {
    Set<Long> ledTerms = new HashSet<>();
    try {
      while (true) {
        for (int i = 0; i < members.size(); i++) {
          ask(i, ledTerms);
        }
        terms = ledTerms.size();
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void ask(int member, Set<Long> ledTerms) {
    try {
      StatusResponse status =
          MaintenanceGrpc.newBlockingStub(members.get(member))
              .withDeadlineAfter(ANSWER_MILLIS, TimeUnit.MILLISECONDS)
              .status(StatusRequest.getDefaultInstance());
      ids.put(member, status.getHeader().getMemberId());
      if (status.getLeader() != 0 && status.getLeader() == status.getHeader().getMemberId()) {
        leader = OptionalInt.of(member);
        ledTerms.add(status.getRaftTerm());
      }
    } catch (StatusRuntimeException _) {
      return; // it does not answer, and so does not lead
    }
  }

  @Override
  public void close() {
    asking.interrupt();
    members.forEach(ManagedChannel::shutdownNow);
  }
}
