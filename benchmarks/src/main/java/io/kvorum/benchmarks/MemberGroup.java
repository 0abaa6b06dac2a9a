package io.kvorum.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.kvorum.proto.etcd.ClusterGrpc;
import io.kvorum.proto.etcd.ClusterGrpc.ClusterBlockingStub;
import io.kvorum.proto.etcd.MemberAddRequest;
import io.kvorum.proto.etcd.MemberRemoveRequest;
import io.kvorum.testkit.Directories;
import io.kvorum.testkit.ServerKind;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/// Members of one server that reach each other directly, without the proxies of
/// [io.kvorum.testkit.cluster.Cluster], which would take part of the machine. What they hold can be
/// kept aside while they are stopped, and they can be put back to it. Used by one thread.
final class MemberGroup implements AutoCloseable {
  private static final Duration CONNECTING = Duration.ofSeconds(30);

  private final ServerKind kind;
  private final Path directory;
  private final List<String> flags;
  private final List<GroupMember> members = new ArrayList<>();
  private final List<GroupMember> all = new CopyOnWriteArrayList<>(); // those that came, too

  /// @param flags further ones, for all members
  MemberGroup(ServerKind kind, int size, Path directory, List<String> flags) throws IOException {
    this.kind = kind;
    this.directory = directory;
    this.flags = List.copyOf(flags);
    for (int i = 0; i < size; i++) {
      members.add(newMember(i));
    }
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> all.forEach(GroupMember::kill)));
  }

  private GroupMember newMember(int index) throws IOException {
    String name = "n" + (index + 1);
    GroupMember member = new GroupMember(kind, name, directory.resolve(name));
    all.add(member);
    return member;
  }

  GroupMember member(int index) {
    return members.get(index);
  }

  /// Starts these members and waits until each is healthy.
  void start(List<GroupMember> which) throws IOException {
    for (GroupMember member : which) {
      startOnly(member);
    }
    for (GroupMember member : which) {
      member.awaitHealthy();
    }
  }

  /// Starts a founder, and does not wait for it.
  void startOnly(GroupMember member) throws IOException {
    member.start(founders(members), "new", flags);
  }

  List<GroupMember> members() {
    return List.copyOf(members);
  }

  private static String founders(List<GroupMember> members) {
    return members.stream().map(GroupMember::founder).collect(Collectors.joining(","));
  }

  /// The member that leads.
  GroupMember leader() throws IOException {
    List<GroupMember> running = members.stream().filter(GroupMember::isRunning).toList();
    return running.get(
        PacedWriters.leaderAmong(running.stream().map(GroupMember::endpoint).toList())
            .orElseThrow(() -> new IOException("nobody leads")));
  }

  /// One that has joined on top of the founders.
  record Newcomer(GroupMember member, long id) {}

  /// Adds a voter, which is not started yet. Waits until the members have been connected for the
  /// seconds that both servers ask for before they take another one.
  Newcomer add() throws IOException, InterruptedException {
    GroupMember newcomer = newMember(members.size());
    Directories.delete(newcomer.data());
    ManagedChannel channel = PacedWriters.channel(leader().endpoint());
    try {
      ClusterBlockingStub cluster = ClusterGrpc.newBlockingStub(channel);
      MemberAddRequest request =
          MemberAddRequest.newBuilder().addPeerURLs(newcomer.peerUrl()).build();
      long deadline = System.nanoTime() + CONNECTING.toNanos();
      while (true) {
        try {
          return new Newcomer(newcomer, cluster.memberAdd(request).getMember().getID());
        } catch (StatusRuntimeException refused) {
          if (System.nanoTime() - deadline > 0) {
            throw refused;
          }
          Thread.sleep(CONNECTING.toMillis() / 100);
        }
      }
    } finally {
      channel.shutdownNow();
    }
  }

  void start(Newcomer newcomer) throws IOException {
    List<GroupMember> cluster = new ArrayList<>(members);
    cluster.add(newcomer.member());
    newcomer.member().start(founders(cluster), "existing", flags);
  }

  /// Ends it and takes it out of the membership.
  void remove(Newcomer newcomer) throws IOException, InterruptedException {
    newcomer.member().stop();
    ManagedChannel channel = PacedWriters.channel(leader().endpoint());
    try {
      var _ =
          ClusterGrpc.newBlockingStub(channel)
              .memberRemove(MemberRemoveRequest.newBuilder().setID(newcomer.id()).build());
    } finally {
      channel.shutdownNow();
    }
    Directories.delete(newcomer.member().data());
  }

  /// Stops all members, each cleanly.
  void stop() throws InterruptedException {
    for (GroupMember member : members) {
      member.stop();
    }
  }

  /// Keeps aside what the stopped members hold.
  void save() throws IOException {
    for (GroupMember member : members) {
      copyTree(member.data(), member.saved());
    }
  }

  /// Puts the stopped members back to what was saved, and waits until the disk has nothing left to
  /// do: the members' own syncs would have to wait for these bytes.
  void restore() throws IOException, InterruptedException {
    for (GroupMember member : members) {
      copyTree(member.saved(), member.data());
    }
    int status = new ProcessBuilder("sync").start().waitFor();
    if (status != 0) {
      throw new IOException("sync ended with " + status);
    }
  }

  private static void copyTree(Path from, Path to) throws IOException {
    Directories.delete(to);
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(folder, to.resolve(from.relativize(folder)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(file, to.resolve(from.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() {
    all.forEach(GroupMember::kill);
  }
}
