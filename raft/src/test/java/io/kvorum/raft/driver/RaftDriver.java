package io.kvorum.raft.driver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.kvorum.invariant.InvariantViolation;
import io.kvorum.raft.StartRefused;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Answers requests about the cores it hosts: reads lines from the standard input until `quit` or
/// the end, and prints a line for each.
public final class RaftDriver {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<Long, DrivenCore> cores = new TreeMap<>();

  public static void main(String[] arguments) throws IOException {
    RaftDriver driver = new RaftDriver();
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      Optional<String> reply = driver.answer(line);
      if (reply.isEmpty()) {
        return;
      }
      out.println(reply.get());
    }
  }

  /// The reply to one request; none to `quit`.
  Optional<String> answer(String line) {
    ObjectNode reply = JSON.createObjectNode();
    try {
      JsonNode request = JSON.readTree(line);
      if (request.path("op").asText().equals("quit")) {
        return Optional.empty();
      }
      carryOut(request, reply);
    } catch (InvariantViolation | StartRefused broken) {
      reply.put("fatal", broken.getMessage());
    } catch (JsonProcessingException | IllegalArgumentException unclear) {
      reply.put("error", unclear.getMessage());
    }
    return Optional.of(reply.toString());
  }

  private void carryOut(JsonNode request, ObjectNode reply) {
    long id = request.path("id").asLong();
    String op = request.path("op").asText();
    if (op.equals("new")) {
      cores.put(id, DrivenCore.create(request));
      reply.put("ok", true);
      return;
    }
    DrivenCore core = cores.get(id);
    if (core == null) {
      throw new IllegalArgumentException("no core " + id);
    }
    core.carryOut(op, request, reply);
    if (reply.isEmpty()) {
      reply.put("ok", true);
    }
  }
}
