package io.kvorum.testkit.clients;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchResponse;
import io.kvorum.testkit.ServerProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// jetcd as published, the client most JVM users have.
class JetcdTest {
  private static final ByteSequence KEY = bytes("jetcd/k");

  @TempDir Path directory;
  private ServerProcess server;
  private Client client;

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, UTF_8);
  }

  @BeforeEach
  void connect() throws Exception {
    server = ServerProcess.kvorum(directory);
    client = Client.builder().endpoints("http://" + server.endpoint()).build();
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void keysWritten_readAndDeleted_behaveAsOnEtcd() throws Exception {
    KV kv = client.getKVClient();
    kv.put(KEY, bytes("1")).get();
    kv.put(bytes("jetcd/l"), bytes("2")).get();

    var page =
        kv.get(
                bytes("jetcd/"),
                GetOption.builder()
                    .isPrefix(true)
                    .withLimit(1)
                    .withSortField(GetOption.SortTarget.KEY)
                    .withSortOrder(GetOption.SortOrder.DESCEND)
                    .build())
            .get();
    assertThat(page.getKvs().getFirst().getKey()).isEqualTo(bytes("jetcd/l"));
    assertThat(page.getCount()).isEqualTo(2);
    assertThat(page.isMore()).isTrue();
    var deleted =
        kv.delete(bytes("jetcd/"), DeleteOption.builder().isPrefix(true).withPrevKV(true).build())
            .get();
    assertThat(deleted.getPrevKvs()).hasSize(2);
  }

  @Test
  void revisionOfTheFuture_read_failsWithTheDocumentedText() {
    var ahead = GetOption.builder().withRevision(1_000_000).build();

    assertThatThrownBy(() -> client.getKVClient().get(KEY, ahead).get())
        .isInstanceOf(ExecutionException.class)
        .hasMessageContaining("etcdserver: mvcc: required revision is a future revision");
  }

  @Test
  void transaction_guardedByValue_runsOneBranch() throws Exception {
    KV kv = client.getKVClient();
    kv.put(KEY, bytes("old")).get();

    TxnResponse outcome =
        kv.txn()
            .If(new Cmp(KEY, Cmp.Op.EQUAL, CmpTarget.value(bytes("old"))))
            .Then(
                Op.put(KEY, bytes("new"), PutOption.builder().withPrevKV().build()),
                Op.get(KEY, GetOption.DEFAULT))
            .Else(Op.put(KEY, bytes("wrong"), PutOption.DEFAULT))
            .commit()
            .get();

    assertThat(outcome.isSucceeded()).isTrue();
    assertThat(outcome.getPutResponses().getFirst().getPrevKv().getValue()).isEqualTo(bytes("old"));
    assertThat(outcome.getGetResponses().getFirst().getKvs().getFirst().getValue())
        .isEqualTo(bytes("new"));
  }

  @Test
  void watch_fromThePastAndOn_seesEveryEventOnce() throws Exception {
    KV kv = client.getKVClient();
    long first = kv.put(KEY, bytes("1")).get().getHeader().getRevision();
    BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();
    WatchOption fromFirst = WatchOption.builder().withRevision(first).withPrevKV(true).build();

    List<WatchEvent> events = new ArrayList<>();
    Watch.Watcher watcher = client.getWatchClient().watch(KEY, fromFirst, responses::add);
    try {
      kv.put(KEY, bytes("2")).get();
      kv.delete(KEY).get();
      while (events.size() < 3) {
        WatchResponse response = responses.poll(20, TimeUnit.SECONDS);
        assertThat(response).isNotNull();
        events.addAll(response.getEvents());
      }
    } finally {
      watcher.close();
    }

    assertThat(events)
        .extracting(WatchEvent::getEventType)
        .containsExactly(
            WatchEvent.EventType.PUT, WatchEvent.EventType.PUT, WatchEvent.EventType.DELETE);
    assertThat(events.getLast().getPrevKV().getValue()).isEqualTo(bytes("2"));
  }

  @Test
  void lease_keptAliveThenRevoked_takesItsKeyAlong() throws Exception {
    Lease leases = client.getLeaseClient();
    long id = leases.grant(120).get().getID();
    client.getKVClient().put(KEY, bytes("x"), PutOption.builder().withLeaseId(id).build()).get();

    assertThat(leases.keepAliveOnce(id).get().getTTL()).isEqualTo(120);
    assertThat(
            leases.timeToLive(id, LeaseOption.builder().withAttachedKeys().build()).get().getKeys())
        .containsExactly(KEY);
    leases.revoke(id).get();
    assertThat(client.getKVClient().get(KEY).get().getCount()).isZero();
  }
}
