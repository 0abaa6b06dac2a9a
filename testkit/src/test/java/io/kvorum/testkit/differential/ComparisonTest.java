package io.kvorum.testkit.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.kvorum.proto.etcd.LeaseTimeToLiveRequest;
import io.kvorum.proto.etcd.LeaseTimeToLiveResponse;
import io.kvorum.proto.etcd.PutRequest;
import io.kvorum.proto.etcd.PutResponse;
import io.kvorum.proto.etcd.RangeRequest;
import io.kvorum.proto.etcd.RangeRequest.SortTarget;
import io.kvorum.proto.etcd.RangeResponse;
import io.kvorum.proto.etcd.RequestOp;
import io.kvorum.proto.etcd.ResponseOp;
import io.kvorum.proto.etcd.TxnRequest;
import io.kvorum.proto.etcd.TxnResponse;
import io.kvorum.proto.mvcc.Event;
import io.kvorum.proto.mvcc.KeyValue;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/// The comparison sees what matters, and nothing that the API leaves open (api.md §3.1).
class ComparisonTest {
  private static final Command PUT = new Command.Put(PutRequest.getDefaultInstance());

  @Test
  void errors_oneTextChanged_differ() {
    Answer expected = new Answer.Failed(Status.Code.NOT_FOUND, "requested lease not found");
    Answer actual = new Answer.Failed(Status.Code.NOT_FOUND, "requested lease not found.");

    assertThat(Comparison.ofAnswers(PUT, expected, actual)).isPresent();
  }

  @Test
  void errors_oneCodeChanged_differ() {
    Answer expected = new Answer.Failed(Status.Code.NOT_FOUND, "requested lease not found");
    Answer actual = new Answer.Failed(Status.Code.UNKNOWN, "requested lease not found");

    assertThat(Comparison.ofAnswers(PUT, expected, actual)).isPresent();
  }

  @Test
  void putAnswers_emptyPreviousPairDropped_differ() {
    PutResponse with = PutResponse.newBuilder().setPrevKv(KeyValue.getDefaultInstance()).build();

    assertThat(
            Comparison.ofAnswers(
                PUT,
                new Answer.Replied(with),
                new Answer.Replied(PutResponse.getDefaultInstance())))
        .isPresent();
  }

  @Test
  void sortedRange_tiesInOtherOrder_areEqual() {
    Command.Range range = sorted(SortTarget.VERSION);

    assertThat(
            Comparison.ofAnswers(
                range,
                pairs(false, pair("a", 2), pair("b", 2), pair("c", 5)),
                pairs(false, pair("b", 2), pair("a", 2), pair("c", 5))))
        .isEmpty();
  }

  @Test
  void sortedRange_otherSortOrder_differs() {
    Command.Range range = sorted(SortTarget.VERSION);

    assertThat(
            Comparison.ofAnswers(
                range,
                pairs(false, pair("a", 2), pair("c", 5)),
                pairs(false, pair("c", 5), pair("a", 2))))
        .isPresent();
  }

  @Test
  void sortedRange_tiesCutByLimit_mayLeaveOutAnyOfThem() {
    Command.Range range = sorted(SortTarget.VERSION);

    assertThat(
            Comparison.ofAnswers(
                range,
                pairs(true, pair("a", 1), pair("b", 2)),
                pairs(true, pair("a", 1), pair("c", 2))))
        .isEmpty();
    assertThat(
            Comparison.ofAnswers(
                range,
                pairs(true, pair("a", 1), pair("b", 2)),
                pairs(true, pair("x", 1), pair("b", 2))))
        .isPresent();
  }

  @Test
  void keyOrder_pairsSwapped_differ() {
    Command.Range range = sorted(SortTarget.KEY);

    assertThat(
            Comparison.ofAnswers(
                range,
                pairs(false, pair("a", 2), pair("b", 2)),
                pairs(false, pair("b", 2), pair("a", 2))))
        .isPresent();
  }

  @Test
  void txn_tiesInItsRange_areEqualToo() {
    RangeRequest range = sorted(SortTarget.VERSION).request();
    Command.Txn txn =
        new Command.Txn(
            TxnRequest.newBuilder()
                .addSuccess(RequestOp.newBuilder().setRequestRange(range))
                .build());

    assertThat(
            Comparison.ofAnswers(
                txn,
                txnOf(pairs(false, pair("a", 2), pair("b", 2))),
                txnOf(pairs(false, pair("b", 2), pair("a", 2)))))
        .isEmpty();
  }

  @Test
  void timeToLive_oneSecondApart_isEqual_twoDiffer() {
    Command look = new Command.LeaseTimeToLive(LeaseTimeToLiveRequest.getDefaultInstance());

    assertThat(Comparison.ofAnswers(look, remaining(60), remaining(59))).isEmpty();
    assertThat(Comparison.ofAnswers(look, remaining(60), remaining(58))).isPresent();
    assertThat(Comparison.ofAnswers(look, remaining(0), remaining(-1))).isPresent();
  }

  @Test
  void events_onePreviousPairDropped_differ() {
    Event with = Event.newBuilder().setKv(pair("a", 2)).setPrevKv(pair("a", 1)).build();
    Event without = with.toBuilder().clearPrevKv().build();

    assertThat(Comparison.ofEvents(watched(with), watched(with))).isEmpty();
    assertThat(Comparison.ofEvents(watched(with), watched(without))).isPresent();
    assertThat(Comparison.ofEvents(watched(with), watched(with, with))).isPresent();
  }

  private static NavigableMap<String, List<Event>> watched(Event... events) {
    NavigableMap<String, List<Event>> watched = new TreeMap<>();
    watched.put("stream 1 id 0", List.of(events));
    return watched;
  }

  private static Answer remaining(long seconds) {
    return new Answer.Replied(LeaseTimeToLiveResponse.newBuilder().setTTL(seconds).build());
  }

  private static Command.Range sorted(SortTarget target) {
    return new Command.Range(
        RangeRequest.newBuilder()
            .setSortOrder(RangeRequest.SortOrder.ASCEND)
            .setSortTarget(target)
            .build());
  }

  private static Answer pairs(boolean more, KeyValue... pairs) {
    return new Answer.Replied(
        RangeResponse.newBuilder().addAllKvs(List.of(pairs)).setMore(more).build());
  }

  private static Answer txnOf(Answer range) {
    RangeResponse response = (RangeResponse) ((Answer.Replied) range).message();
    return new Answer.Replied(
        TxnResponse.newBuilder()
            .setSucceeded(true)
            .addResponses(ResponseOp.newBuilder().setResponseRange(response))
            .build());
  }

  private static KeyValue pair(String key, long version) {
    return KeyValue.newBuilder()
        .setKey(ByteString.copyFromUtf8(key))
        .setVersion(version)
        .setModRevision(7)
        .build();
  }
}
