package io.kvorum.server.discovery;

import java.util.NavigableSet;
import java.util.Properties;
import java.util.TreeSet;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;

/// SRV records as the JDK's resolver gets them: from the name servers of the system, or from those
/// that the system property `java.naming.provider.url` names (`dns://host:port`).
final class DnsRecords {
  private static final String TYPE = "SRV";

  /// Doubled with each attempt: 7 s for a name server that does not answer.
  private static final String FIRST_TIMEOUT_MILLIS = "1000";

  private static final String ATTEMPTS = "3";

  private DnsRecords() {}

  /// The records of a name, each once, in order; none if the name is there without any.
  @SuppressWarnings("BanJNDI") // the factory is for DNS alone, which has texts and no objects
  static NavigableSet<SrvRecord> of(String name) throws NamingException {
    Properties settings = new Properties();
    settings.setProperty(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.dns.DnsContextFactory");
    settings.setProperty("com.sun.jndi.dns.timeout.initial", FIRST_TIMEOUT_MILLIS);
    settings.setProperty("com.sun.jndi.dns.timeout.retries", ATTEMPTS);
    DirContext dns = new InitialDirContext(settings);
    try {
      NavigableSet<SrvRecord> records = new TreeSet<>();
      Attribute found = dns.getAttributes(name, new String[] {TYPE}).get(TYPE);
      if (found != null) {
        NamingEnumeration<?> texts = found.getAll();
        while (texts.hasMore()) {
          SrvRecord.parse(String.valueOf(texts.next())).ifPresent(records::add);
        }
      }
      return records;
    } finally {
      dns.close();
    }
  }
}
