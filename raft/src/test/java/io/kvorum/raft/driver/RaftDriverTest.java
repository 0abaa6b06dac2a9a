package io.kvorum.raft.driver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/// Tells stories over JSON lines, as a suite from elsewhere would.
class RaftDriverTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private final RaftDriver driver = new RaftDriver();

  private JsonNode ask(String request) throws IOException {
    return JSON.readTree(driver.answer(request.replace('\'', '"')).orElseThrow());
  }

  private void found(String opts) throws IOException {
    for (int id = 1; id <= 3; id++) {
      ask(
          "{'op':'new','id':%d,'voters':[1,2,3],'snapIndex':5,'snapTerm':1,'hsTerm':0,'opts':{%s}}"
              .formatted(id, opts));
    }
  }

  /// Drains every core and delivers what it says, until nobody says anything.
  private void settle() throws IOException {
    Deque<JsonNode> messages = new ArrayDeque<>();
    do {
      for (int id = 1; id <= 3; id++) {
        JsonNode ready = ask("{'op':'ready','id':%d}".formatted(id));
        ready.path("messages").forEach(messages::addLast);
        JsonNode committed = ready.path("committed");
        if (!committed.isEmpty()) {
          ask(
              "{'op':'applied','id':%d,'index':%d}"
                  .formatted(id, committed.get(committed.size() - 1).path("index").asLong()));
          messages.addLast(JSON.createObjectNode());
        }
      }
      for (int i = messages.size(); i > 0; i--) {
        JsonNode message = messages.removeFirst();
        if (message.has("to")) {
          ask("{'op':'step','id':%s,'msg':%s}".formatted(message.path("to"), message));
          messages.addLast(JSON.createObjectNode());
        }
      }
    } while (!messages.isEmpty());
  }

  @Test
  void threeCores_oneCampaigns_leadsAndCommits() throws IOException {
    found("'preVote':true,'checkQuorum':true");

    ask("{'op':'campaign','id':1}");
    settle();
    ask("{'op':'propose','id':1,'token':7,'data':'hello'}");
    settle();

    JsonNode status = ask("{'op':'status','id':1}");
    assertThat(status.path("role").asText()).isEqualTo("leader");
    assertThat(status.path("term").asLong()).isEqualTo(1);
    assertThat(status.path("commit").asLong()).isEqualTo(7);
    assertThat(status.path("progress").path("2").path("match").asLong()).isEqualTo(7);
    JsonNode entries = ask("{'op':'log','id':3}").path("entries");
    assertThat(entries.get(1).path("data").asText()).isEqualTo("hello");
  }

  @Test
  void asynchronousStorage_notDone_messagesWaitWithItsSequence() throws IOException {
    found("'preVote':false,'async':true");

    ask("{'op':'campaign','id':2}");
    JsonNode ready = ask("{'op':'ready','id':2}");
    JsonNode nothing = ask("{'op':'ready','id':2}");
    ask("{'op':'storageDone','id':2,'seq':%d}".formatted(ready.path("seq").asLong()));
    JsonNode released = ask("{'op':'ready','id':2}");

    assertThat(ready.path("hard").path("vote").asLong()).isEqualTo(2);
    assertThat(ready.has("messages")).isFalse();
    assertThat(ready.path("waiting")).hasSize(3);
    assertThat(nothing.has("messages")).isFalse();
    assertThat(released.path("messages")).hasSize(2);
    assertThat(released.path("messages").get(0).path("type").asText()).isEqualTo("MsgVote");
  }

  @Test
  void timeoutForced_thatManyTicks_campaigns() throws IOException {
    found("'preVote':true,'electionTicks':10");

    ask("{'op':'timeout','id':3,'n':13}");
    ask("{'op':'tick','id':3,'n':12}");
    String before = ask("{'op':'status','id':3}").path("role").asText();
    ask("{'op':'tick','id':3}");

    assertThat(before).isEqualTo("follower");
    assertThat(ask("{'op':'status','id':3}").path("role").asText()).isEqualTo("precandidate");
  }

  @Test
  void committedEntriesReplaced_stepped_isFatal() throws IOException {
    found("'commitInVotes':false");

    JsonNode reply =
        ask(
            "{'op':'step','id':1,'msg':{'from':2,'to':1,'type':'MsgHeartbeat','term':1,'commit':9}}");

    assertThat(reply.path("fatal").asText()).contains("commit 9 beyond the last index 5");
  }

  @Test
  void unclearRequests_areErrorsAndHarmNothing() throws IOException {
    found("");

    assertThat(driver.answer("nonsense").orElseThrow()).startsWith("{\"error\":");
    assertThat(ask("{'op':'dance','id':1}").path("error").asText()).isEqualTo("unknown op dance");
    assertThat(ask("{'op':'tick','id':9}").path("error").asText()).isEqualTo("no core 9");
    assertThat(ask("{'op':'tick','id':1}").path("ok").asBoolean()).isTrue();
  }

  @Test
  void process_linesWritten_answersEachUntilQuit() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                RaftDriver.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (Writer in = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        BufferedReader out =
            new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      in.write("{\"op\":\"new\",\"id\":1,\"voters\":[1],\"snapIndex\":1,\"snapTerm\":1}\n");
      in.write("{\"op\":\"status\",\"id\":1}\n{\"op\":\"quit\"}\n");
      in.flush();

      assertThat(out.readLine()).isEqualTo("{\"ok\":true}");
      assertThat(out.readLine()).contains("\"role\":\"candidate\"");
      assertThat(process.waitFor()).isZero();
    }
  }
}
