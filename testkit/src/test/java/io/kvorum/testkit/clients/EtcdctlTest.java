package io.kvorum.testkit.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.testkit.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Debian's etcdctl, unmodified.
class EtcdctlTest {
  @TempDir Path directory;
  private ExternalProgram etcdctl;
  private ServerProcess server;

  @BeforeEach
  void start() throws Exception {
    ExternalProgram program = ExternalProgram.required("etcdctl", "install etcd-client", directory);
    server = ServerProcess.kvorum(directory);
    etcdctl = program.with("ETCDCTL_API", "3").with("ETCDCTL_ENDPOINTS", server.endpoint());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void keysWritten_readInManyWays_areThere() throws Exception {
    assertThat(etcdctl.succeed("put", "fruit/apple", "red")).isEqualTo("OK\n");
    etcdctl.succeed("put", "fruit/pear", "green");
    etcdctl.succeed("put", "fruit/apple", "yellow");

    assertThat(etcdctl.succeed("get", "--prefix", "fruit/"))
        .isEqualTo("fruit/apple\nyellow\nfruit/pear\ngreen\n");
    assertThat(etcdctl.succeed("get", "--rev=2", "fruit/apple")).isEqualTo("fruit/apple\nred\n");
    assertThat(etcdctl.succeed("get", "--prefix", "fruit/", "--keys-only", "--limit=1"))
        .isEqualTo("fruit/apple\n\n");
    assertThat(etcdctl.succeed("del", "fruit/apple", "--prev-kv"))
        .isEqualTo("1\nfruit/apple\nyellow\n");
  }

  @Test
  void transaction_fromStandardInput_takesItsBranch() throws Exception {
    etcdctl.succeed("put", "stock", "3");

    ExternalProgram.Outcome outcome =
        etcdctl.run(
            "value(\"stock\") = \"3\"\n\nput stock 2\nget stock\n\nput stock 9\n\n",
            List.of("txn"));

    assertThat(outcome.output()).startsWith("SUCCESS\n").contains("OK").contains("stock\n2");
  }

  @Test
  void watch_fromAPastRevision_showsHistoryThenLiveEvents() throws Exception {
    etcdctl.succeed("put", "w/a", "1");
    Process watch =
        etcdctl.startReadable(List.of("watch", "--prefix", "w/", "--rev=1", "--prev-kv"));
    try (BufferedReader lines = watch.inputReader(StandardCharsets.UTF_8)) {
      assertThat(read(lines, 3)).containsExactly("PUT", "w/a", "1");
      etcdctl.succeed("put", "w/a", "2");
      etcdctl.succeed("del", "w/a");

      assertThat(read(lines, 5)).containsExactly("PUT", "w/a", "1", "w/a", "2");
      assertThat(read(lines, 5)).containsExactly("DELETE", "w/a", "2", "w/a", "");
    } finally {
      watch.destroyForcibly();
    }
  }

  private static List<String> read(BufferedReader lines, int count) throws IOException {
    List<String> read = new ArrayList<>();
    while (read.size() < count) {
      read.add(lines.readLine());
    }
    return read;
  }

  @Test
  void lease_grantedKeptAliveAndRevoked_takesItsKeysAlong() throws Exception {
    String granted = etcdctl.succeed("lease", "grant", "300");
    String id = first("lease ([0-9a-f]{16}) granted with TTL\\(300s\\)", granted);
    etcdctl.succeed("put", "--lease=" + id, "session", "x");

    assertThat(etcdctl.succeed("lease", "keep-alive", "--once", id))
        .contains("keepalived with TTL(300)");
    assertThat(etcdctl.succeed("lease", "timetolive", id, "--keys"))
        .contains("attached keys([session])");
    assertThat(etcdctl.succeed("lease", "list")).contains("found 1 leases").contains(id);
    assertThat(etcdctl.succeed("lease", "revoke", id)).contains("revoked");
    assertThat(etcdctl.succeed("get", "session")).isEmpty();
  }

  @Test
  void compaction_ofOldRevisions_makesThemUnreadable() throws Exception {
    etcdctl.succeed("put", "k", "1");
    etcdctl.succeed("put", "k", "2");
    etcdctl.succeed("put", "k", "3");

    assertThat(etcdctl.succeed("compaction", "--physical", "3"))
        .isEqualTo("compacted revision 3\n");
    assertThat(etcdctl.run("get", "--rev=2", "k").output())
        .contains("etcdserver: mvcc: required revision has been compacted");
    assertThat(etcdctl.succeed("get", "--rev=3", "k")).isEqualTo("k\n2\n");
  }

  @Test
  void memberAndEndpointCommands_oneMember_describeIt() throws Exception {
    assertThat(etcdctl.succeed("member", "list")).contains("started, default, http://127.0.0.1:");
    assertThat(etcdctl.succeed("endpoint", "status", "-w", "json")).contains("\"leader\"");
    assertThat(etcdctl.succeed("endpoint", "status")).contains("3.7.0").contains("true");
    assertThat(etcdctl.succeed("endpoint", "health")).contains("is healthy");
    assertThat(etcdctl.succeed("endpoint", "hashkv")).contains(server.endpoint());
    assertThat(etcdctl.succeed("alarm", "list")).isEmpty();
    assertThat(etcdctl.succeed("defrag")).contains("Finished defragmenting");
  }

  private static String first(String pattern, String text) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertThat(matcher.find()).as("%s in %s", pattern, text).isTrue();
    return matcher.group(1);
  }
}
