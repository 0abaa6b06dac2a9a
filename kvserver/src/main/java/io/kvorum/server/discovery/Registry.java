package io.kvorum.server.discovery;

import io.kvorum.client.Client;
import io.kvorum.client.ClientException;
import io.kvorum.client.Get;
import io.kvorum.proto.mvcc.KeyValue;
import io.kvorum.raft.membership.MemberId;
import io.kvorum.server.cluster.MemberIds;
import io.kvorum.server.config.InitialCluster;
import io.kvorum.server.config.MemberConfig.Discovery;
import io.kvorum.server.config.MemberConfig.Identity;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The first members as they register under a token in another cluster, the discovery service:
///
/// ```
/// /_etcd/registry/<token>/_config/size       how many there are to be
/// /_etcd/registry/<token>/members/<hex id>   name=url[,name=url]
/// ```
///
/// The first ones by revision belong, whoever comes later is refused. A service that does not
/// answer is asked again for ever, at growing intervals.
public final class Registry {
  private static final Logger log = LoggerFactory.getLogger(Registry.class);
  private static final Duration POLL = Duration.ofMillis(300);
  private static final int MAX_BACKOFF_EXPONENT = 8;

  private final Identity identity;
  private final String root;
  private final String ownKey;
  private final Client client;

  private Registry(Identity identity, Discovery.Registry registry, Client client) {
    MemberId self =
        MemberIds.ofFounder(MemberIds.texts(identity.advertised().peerUrls()), registry.token());
    this.identity = identity;
    this.root = "/_etcd/registry/" + registry.token();
    this.ownKey = membersPrefix() + self;
    this.client = client;
  }

  /// Registers this member and returns the cluster once it is complete.
  ///
  /// @throws DiscoveryFailure if the token is unknown, used up, or its entries make no cluster
  public static InitialCluster join(Identity identity, Discovery.Registry registry)
      throws DiscoveryFailure {
    try (Client client =
        Client.builder(registry.endpoints().toArray(String[]::new))
            .callTimeout(registry.requestTimeout())
            .build()) {
      return new Registry(identity, registry, client).join();
    }
  }

  private InitialCluster join() throws DiscoveryFailure {
    int size = size();
    refuseIfFull(members(), size);
    String entry = identity.cluster().toString();
    var _ = patiently("register self", () -> client.kv().put(ownKey, entry));
    log.atInfo().addKeyValue("key", ownKey).log("register itself successfully");
    List<KeyValue> members = awaitMembers(size);
    refuseIfFull(members, size);
    return clusterOf(members.subList(0, size));
  }

  private String membersPrefix() {
    return root + "/members/";
  }

  private int size() throws DiscoveryFailure {
    List<KeyValue> pairs =
        patiently("cluster size", () -> client.kv().get(root + "/_config/size")).getKvsList();
    if (pairs.isEmpty()) {
      throw new DiscoveryFailure("discovery: size key not found");
    }
    String text = pairs.getFirst().getValue().toStringUtf8();
    if (!text.matches("\\+?[0-9]{1,9}") || Integer.parseInt(text) == 0) {
      throw new DiscoveryFailure("discovery: size key is bad");
    }
    return Integer.parseInt(text);
  }

  /// Those that have registered, in the order in which they did.
  private List<KeyValue> members() throws DiscoveryFailure {
    return patiently("members", () -> client.kv().get(Get.prefix(membersPrefix())))
        .getKvsList()
        .stream()
        .sorted(Comparator.comparingLong(KeyValue::getCreateRevision))
        .toList();
  }

  private void refuseIfFull(List<KeyValue> members, int size) throws DiscoveryFailure {
    boolean belongs =
        members.stream()
            .limit(size)
            .anyMatch(member -> member.getKey().toStringUtf8().equals(ownKey));
    if (!belongs && members.size() >= size) {
      throw new DiscoveryFailure("discovery: cluster is full");
    }
  }

  private List<KeyValue> awaitMembers(int size) throws DiscoveryFailure {
    int known = -1;
    while (true) {
      List<KeyValue> members = members();
      if (members.size() >= size) {
        return members;
      }
      if (members.size() != known) {
        known = members.size();
        log.atInfo()
            .addKeyValue("cluster-size", size)
            .addKeyValue("found-peers", known)
            .log("waiting for peers from discovery service");
      }
      pause(POLL);
    }
  }

  private InitialCluster clusterOf(List<KeyValue> members) throws DiscoveryFailure {
    String text =
        members.stream()
            .map(member -> member.getValue().toStringUtf8().strip())
            .collect(Collectors.joining(","));
    Optional<InitialCluster> cluster = identity.cluster().withMembers(text);
    if (cluster.isEmpty()) {
      throw new DiscoveryFailure("discovery: invalid peer URL");
    }
    if (cluster.get().members().size() != members.size()) {
      throw new DiscoveryFailure("discovery cluster " + text + " has duplicate name");
    }
    return cluster.get();
  }

  private interface Call<T> extends Supplier<CompletableFuture<T>> {}

  /// Makes a call until it succeeds. All calls here may be made twice: what they write is the same.
  private static <T> T patiently(String step, Call<T> call) throws DiscoveryFailure {
    for (int failures = 1; ; failures++) {
      try {
        return call.get().join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof ClientException)) {
          throw e;
        }
        Duration backoff = Duration.ofSeconds(1L << Math.min(failures, MAX_BACKOFF_EXPONENT));
        log.atWarn()
            .addKeyValue("reason", step)
            .addKeyValue("backoff", backoff)
            .addKeyValue("error", String.valueOf(e.getCause().getMessage()))
            .log("retry connecting to discovery service");
        pause(backoff);
      }
    }
  }

  private static void pause(Duration duration) throws DiscoveryFailure {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DiscoveryFailure("interrupted while asking the discovery service", e);
    }
  }
}
