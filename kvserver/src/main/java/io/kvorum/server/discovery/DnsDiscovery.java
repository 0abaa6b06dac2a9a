package io.kvorum.server.discovery;

import io.kvorum.server.config.InitialCluster;
import io.kvorum.server.config.ListenUrl;
import io.kvorum.server.config.ListenUrl.Scheme;
import io.kvorum.server.config.MemberConfig.Discovery;
import io.kvorum.server.config.MemberConfig.Identity;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import javax.naming.NamingException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The first members as SRV records name them: one per target of `_etcd-server-ssl._tcp.<domain>`
/// and `_etcd-server._tcp.<domain>`. The target at one of this member's own addresses is this
/// member; the others get numbers for names, which nobody ever sees.
///
/// Ids come from the URLs, so all members find the same cluster, in whatever order.
public final class DnsDiscovery {
  private static final Logger log = LoggerFactory.getLogger(DnsDiscovery.class);

  private final String self;
  private final Records records;
  private final Map<InetSocketAddress, ListenUrl> own = new HashMap<>();
  private final NavigableMap<String, List<ListenUrl>> members = new TreeMap<>();
  private final List<String> problems = new ArrayList<>();
  private int others;

  /// Looks up SRV records by their full name.
  interface Records {
    NavigableSet<SrvRecord> of(String name) throws NamingException;
  }

  private DnsDiscovery(Identity identity, Records records) throws DiscoveryFailure {
    this.self = identity.name();
    this.records = records;
    for (ListenUrl url : identity.advertised().peerUrls()) {
      InetSocketAddress address = new InetSocketAddress(url.host(), url.port());
      if (address.isUnresolved()) {
        throw new DiscoveryFailure(
            "error setting up initial cluster: cannot resolve " + url + " of this member");
      }
      own.put(address, url);
    }
  }

  /// Asks for the records of the domain.
  ///
  /// @throws DiscoveryFailure if they name no member, or not this one
  public static InitialCluster find(Identity identity, Discovery.Dns dns) throws DiscoveryFailure {
    return find(identity, dns, DnsRecords::of);
  }

  static InitialCluster find(Identity identity, Discovery.Dns dns, Records records)
      throws DiscoveryFailure {
    DnsDiscovery discovery = new DnsDiscovery(identity, records);
    discovery.take(Scheme.HTTPS, "_etcd-server-ssl", dns);
    discovery.take(Scheme.HTTP, "_etcd-server", dns);
    return identity.cluster().withMembers(discovery.found());
  }

  private void take(Scheme scheme, String service, Discovery.Dns dns) {
    String label = dns.suffix().isEmpty() ? service : service + "-" + dns.suffix();
    String name = label + "._tcp." + dns.domain();
    try {
      for (SrvRecord record : records.of(name)) {
        take(scheme, label, record);
      }
    } catch (NamingException e) {
      problems.add("error querying DNS SRV records for " + label + ": " + name + ": " + e);
    }
  }

  private void take(Scheme scheme, String label, SrvRecord record) {
    ListenUrl url = urlOf(scheme, record);
    InetSocketAddress address = new InetSocketAddress(record.host(), record.port());
    if (address.isUnresolved()) {
      problems.add("cannot resolve " + url);
      return;
    }
    ListenUrl mine = own.get(address);
    if (mine == null) {
      members.put(nextName(), List.of(url));
    } else if (mine.scheme() == scheme) {
      members.computeIfAbsent(self, _ -> new ArrayList<>()).add(url);
    } else {
      problems.add(
          "bootstrap at "
              + url
              + " from DNS for "
              + label
              + " has scheme mismatch with expected peer "
              + mine);
    }
  }

  private static ListenUrl urlOf(Scheme scheme, SrvRecord record) {
    String text = scheme + "://" + record.host() + ":" + record.port();
    return new ListenUrl(scheme, record.host(), record.port(), text);
  }

  private String nextName() {
    String name = Integer.toString(others++);
    return name.equals(self) ? Integer.toString(others++) : name;
  }

  private NavigableMap<String, List<ListenUrl>> found() throws DiscoveryFailure {
    for (String problem : problems) {
      log.atWarn().addKeyValue("error", problem).log("failed to resolve during SRV discovery");
    }
    if (members.isEmpty()) {
      throw new DiscoveryFailure(
          "error setting up initial cluster: "
              + (problems.isEmpty() ? "there are no SRV records" : String.join("; ", problems)));
    }
    members.forEach(
        (name, urls) ->
            log.atInfo()
                .addKeyValue("node", name + "=" + urls)
                .log("got bootstrap from DNS for etcd-server"));
    if (!members.containsKey(self)) {
      throw new DiscoveryFailure(
          "error setting up initial cluster: cannot find local etcd member \""
              + self
              + "\" in SRV records"
              + (problems.isEmpty() ? "" : ": " + String.join("; ", problems)));
    }
    return members;
  }
}
