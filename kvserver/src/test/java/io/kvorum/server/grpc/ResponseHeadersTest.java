package io.kvorum.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvorum.proto.etcd.ResponseHeader;
import io.kvorum.raft.membership.MemberId;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ResponseHeadersTest {
  @Test
  void header_made_namesClusterMemberAndTheTermOfNow() {
    AtomicLong term = new AtomicLong(3);
    ResponseHeaders headers =
        new ResponseHeaders(0x8000_0000_0000_0001L, new MemberId(17), term::get);
    term.set(4);

    ResponseHeader header = headers.at(99);

    assertThat(header)
        .isEqualTo(
            ResponseHeader.newBuilder()
                .setClusterId(0x8000_0000_0000_0001L)
                .setMemberId(17)
                .setRaftTerm(4)
                .setRevision(99)
                .build());
    assertThat(headers.withoutRevision()).isEqualTo(header.toBuilder().clearRevision().build());
  }
}
