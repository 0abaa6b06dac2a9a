package io.kvorum.server.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// The cluster as its first members were told it: name → peer URLs, and the token that goes into
/// the ids.
public record InitialCluster(
    NavigableMap<String, List<ListenUrl>> members, State state, String token) {

  /// `--initial-cluster-state`.
  public enum State {
    NEW,
    EXISTING
  }

  public InitialCluster {
    NavigableMap<String, List<ListenUrl>> copy = new TreeMap<>();
    members.forEach((name, urls) -> copy.put(name, List.copyOf(urls)));
    members = Collections.unmodifiableNavigableMap(copy);
  }

  /// The same cluster with the members of `n1=url,n1=url2,n2=url3`; empty if that is no such text.
  public Optional<InitialCluster> withMembers(String text) {
    try {
      return Optional.of(withMembers(parse(text)));
    } catch (Refusal _) {
      return Optional.empty();
    }
  }

  /// The same cluster with these members.
  public InitialCluster withMembers(NavigableMap<String, List<ListenUrl>> others) {
    return new InitialCluster(others, state, token);
  }

  /// Reads `n1=url,n1=url2,n2=url3`.
  static NavigableMap<String, List<ListenUrl>> parse(String text) throws Refusal {
    NavigableMap<String, List<ListenUrl>> members = new TreeMap<>();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part.strip() : part.substring(0, equals).strip();
      String url = equals < 0 ? "" : part.substring(equals + 1).strip();
      if (url.isEmpty()) {
        throw Refusal.invalid(
            "error setting up initial cluster: empty URL given for \"" + name + "\"");
      }
      try {
        members.computeIfAbsent(name, _ -> new ArrayList<>()).add(UrlList.parseOne(url));
      } catch (UrlList.BadUrl e) {
        throw Refusal.invalid("error setting up initial cluster: " + e.getMessage());
      }
    }
    members.replaceAll((_, urls) -> List.copyOf(new TreeSet<>(urls)));
    return members;
  }

  /// Why a member `name` with these advertised peer URLs cannot bootstrap this cluster, in etcd's
  /// words; empty when it can. Asked only when the data directory is new: later the stored
  /// membership counts, and these settings are ignored.
  public Optional<String> refusal(String name, List<ListenUrl> advertisedPeerUrls) {
    List<ListenUrl> own = members.get(name);
    if (own == null) {
      return Optional.of(
          "couldn't find local name \"" + name + "\" in the initial cluster configuration");
    }
    Optional<String> duplicate = duplicateUrl();
    if (duplicate.isPresent()) {
      return duplicate;
    }
    Optional<String> difference =
        difference(name, new TreeSet<>(own), new TreeSet<>(advertisedPeerUrls));
    return difference.isPresent() && haveSameAddresses(own, advertisedPeerUrls)
        ? Optional.empty()
        : difference;
  }

  /// Whether URLs that are written differently mean the same, such as `localhost` and `127.0.0.1`.
  private static boolean haveSameAddresses(List<ListenUrl> some, List<ListenUrl> others) {
    try {
      return addresses(some).equals(addresses(others));
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static Set<String> addresses(List<ListenUrl> urls) throws UnknownHostException {
    Set<String> addresses = new TreeSet<>();
    for (ListenUrl url : urls) {
      String host =
          url.scheme().isSocketFile()
              ? url.host()
              : InetAddress.getByName(url.host()).getHostAddress();
      addresses.add(url.scheme() + "://" + host + ":" + url.port());
    }
    return addresses;
  }

  private static Optional<String> difference(
      String name, SortedSet<ListenUrl> own, SortedSet<ListenUrl> advertised) {
    List<ListenUrl> notAdvertised = own.stream().filter(url -> !advertised.contains(url)).toList();
    if (!notAdvertised.isEmpty()) {
      return Optional.of(
          "--initial-cluster has "
              + joined(name, notAdvertised)
              + " but missing from --initial-advertise-peer-urls="
              + joined("", advertised));
    }
    List<ListenUrl> notOwn = advertised.stream().filter(url -> !own.contains(url)).toList();
    return notOwn.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "--initial-advertise-peer-urls has "
                + joined("", notOwn)
                + " but missing from --initial-cluster="
                + joined(name, own));
  }

  /// What is wrong if two members have a URL in common.
  private Optional<String> duplicateUrl() {
    TreeSet<ListenUrl> seen = new TreeSet<>();
    boolean unique = members.values().stream().flatMap(List::stream).allMatch(seen::add);
    return unique
        ? Optional.empty()
        : Optional.of("initial cluster " + this + " has duplicate url");
  }

  private static String joined(String name, Collection<ListenUrl> urls) {
    String prefix = name.isEmpty() ? "" : name + "=";
    return String.join(",", urls.stream().map(url -> prefix + url).toList());
  }

  /// The text of `--initial-cluster` that means these members.
  @Override
  public String toString() {
    return String.join(
        ",", members.entrySet().stream().map(e -> joined(e.getKey(), e.getValue())).toList());
  }
}
