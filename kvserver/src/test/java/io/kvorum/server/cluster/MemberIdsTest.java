package io.kvorum.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.raft.membership.MemberId;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The example was read off a running etcd.
class MemberIdsTest {
  @Test
  void peerUrlAndToken_hashed_giveTheIdsOfEtcd() {
    MemberId member = MemberIds.ofFounder(List.of("http://127.0.0.1:32380"), "etcd-cluster");
    long cluster = MemberIds.ofCluster(List.of(member));

    assertThat(member).hasToString("628170c800dbcee");
    assertThat(Long.toHexString(cluster)).isEqualTo("babc9795b64f03e3");
  }

  @Test
  void severalUrls_inAnyOrder_giveOneId() {
    List<String> urls = List.of("http://10.0.0.2:2380", "http://10.0.0.1:2380");

    assertThat(MemberIds.ofFounder(urls, "t")).isEqualTo(MemberIds.ofFounder(urls.reversed(), "t"));
  }
}
