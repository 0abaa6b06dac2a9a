package io.kvorum.raft.driver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.CoreProbe;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.EntryKind;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Input;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.Persist;
import io.kvorum.raft.RaftCore;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.Ready;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.StartState;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// One core with the disk that its requests stand for.
final class DrivenCore {
  private final MemberId id;
  private final RaftOptions options;
  private final boolean isAsync;
  private final MessageJson messages;
  private final ForcedTimeouts timeouts;
  private final RaftCore core;
  private final NavigableMap<Long, Entry> stored = new TreeMap<>();
  private EntryId applied;
  private Configuration configuration;

  private DrivenCore(MemberId id, RaftOptions options, JsonNode request, ForcedTimeouts timeouts) {
    JsonNode opts = request.path("opts");
    this.id = id;
    this.options = options;
    this.isAsync = opts.path("async").asBoolean(false);
    this.messages = new MessageJson(opts.path("commitInVotes").asBoolean(true));
    this.timeouts = timeouts;
    this.applied =
        new EntryId(request.path("snapTerm").asLong(), request.path("snapIndex").asLong());
    this.configuration =
        Configuration.of(
            ConfigurationJson.members(request.path("voters")),
            ConfigurationJson.members(request.path("learners")));
    Ballot ballot = new Ballot(request.path("hsTerm").asLong(), Optional.empty());
    this.core =
        CoreProbe.unchecked(
            id,
            options,
            new StartState(
                new HardState(ballot, applied.index()),
                applied,
                List.of(),
                applied,
                applied,
                List.of(),
                configuration),
            timeouts);
  }

  static DrivenCore create(JsonNode request) {
    RaftOptions options = OptionsJson.read(request.path("opts"));
    return new DrivenCore(
        new MemberId(request.path("id").asLong()),
        options,
        request,
        new ForcedTimeouts(options.election().timeoutTicks(), request.path("id").asLong()));
  }

  void carryOut(String op, JsonNode request, ObjectNode reply) {
    switch (op) {
      case "campaign" -> campaign();
      case "tick" -> tick(request.path("n").asInt(1));
      case "timeout" -> {
        timeouts.force(request.path("n").asInt());
        CoreProbe.redrawTimeout(core);
      }
      case "propose" ->
          core.step(
              new Input.Propose(
                  request.path("token").asLong(),
                  ByteString.copyFromUtf8(request.path("data").asText())));
      case "conf" -> proposeChange(request);
      case "step" -> core.step(new Input.Received(messages.read(request.path("msg"))));
      case "transfer" ->
          core.step(
              new Input.TransferLeadership(
                  request.path("token").asLong(), member(request.path("to"))));
      case "gone" -> core.step(new Input.PeerGone(member(request.path("peer"))));
      case "unreachable" -> core.step(new Input.PeerUnreachable(member(request.path("peer"))));
      case "compact" -> core.step(new Input.StateDurable(request.path("index").asLong()));
      case "readIndex" -> core.step(new Input.ReadIndex(request.path("token").asLong()));
      case "ready" -> ready(reply);
      case "storageDone" -> core.step(new Input.Persisted(request.path("seq").asLong()));
      case "applied" -> applied(request.path("index").asLong());
      case "confApplied" -> configurationApplied(request);
      case "snapshotReady" -> snapshotReady(request);
      case "snapshotSent" ->
          core.step(
              new Input.SnapshotSent(
                  member(request.path("peer")),
                  request.path("index").asLong(),
                  request.path("ok").asBoolean() ? Delivery.DELIVERED : Delivery.FAILED));
      case "status" -> status(reply);
      case "log" -> log(reply);
      default -> throw new IllegalArgumentException("unknown op " + op);
    }
  }

  private static MemberId member(JsonNode node) {
    return new MemberId(node.asLong());
  }

  private void tick(int count) {
    for (int i = 0; i < count; i++) {
      core.step(new Input.Tick());
    }
  }

  /// Lets time pass until the core campaigns, or shows that it will not.
  private void campaign() {
    Ready.RoleChange before = core.roleNow();
    if (before.role() == RoleKind.LEADER) {
      return;
    }
    timeouts.force(options.election().timeoutTicks());
    CoreProbe.redrawTimeout(core);
    for (int i = 0; i < options.election().timeoutTicks(); i++) {
      core.step(new Input.Tick());
      if (!core.roleNow().equals(before)) {
        break;
      }
    }
    timeouts.release();
  }

  private void proposeChange(JsonNode request) {
    String text = ConfigurationJson.changeText(request);
    core.step(
        new Input.ProposeChange(
            request.path("token").asLong(),
            ConfigurationJson.change(text),
            ByteString.copyFromUtf8(text)));
  }

  private void applied(long index) {
    if (index > applied.index()) {
      applied = stored.containsKey(index) ? stored.get(index).id() : CoreProbe.base(core);
    }
    core.step(new Input.Applied(index));
  }

  private void configurationApplied(JsonNode request) {
    configuration = ConfigurationJson.read(request.path("config"));
    core.step(new Input.ConfigurationApplied(request.path("index").asLong(), configuration));
  }

  /// A snapshot of what is applied, for the peer named.
  private void snapshotReady(JsonNode request) {
    SnapshotMarker marker = new SnapshotMarker(applied, configuration);
    core.step(new Input.SnapshotReady(member(request.path("peer")), core.roleNow().term(), marker));
  }

  /// Drains one batch. Log reads are answered from what the batches have stored; with synchronous
  /// storage, everything the batch stores is durable when it is reported.
  private void ready(ObjectNode reply) {
    Ready ready = core.drain();
    List<Ready> batch = new ArrayList<>();
    while (!ready.isEmpty()) {
      batch.add(ready);
      ready.persist().ifPresent(this::store);
      for (Ready.LogRead read : ready.logReads()) {
        core.step(new Input.LogReadDone(read, List.copyOf(storedBetween(read))));
      }
      if (ready.persist().isPresent() && !isAsync) {
        core.step(new Input.Persisted(ready.persist().get().sequence()));
      } else if (ready.logReads().isEmpty()) {
        break;
      }
      ready = core.drain();
    }
    batch.forEach(part -> report(part, reply));
  }

  private List<Entry> storedBetween(Ready.LogRead read) {
    List<Entry> entries = new ArrayList<>();
    long bytes = 0;
    for (Entry entry : stored.subMap(read.fromIndex(), read.toIndex()).values()) {
      bytes += entry.payloadBytes();
      if (bytes > read.maxBytes() && !entries.isEmpty()) {
        break;
      }
      entries.add(entry);
    }
    return entries;
  }

  private void store(Persist command) {
    command.snapshot().ifPresent(marker -> stored.headMap(marker.id().index(), true).clear());
    for (Entry entry : command.entries()) {
      stored.tailMap(entry.index(), true).clear();
      stored.put(entry.index(), entry);
    }
  }

  private void report(Ready ready, ObjectNode reply) {
    ready
        .roleChange()
        .ifPresent(
            change -> {
              ObjectNode soft = reply.putObject("soft");
              soft.put("role", role(change.role()));
              soft.put("term", change.term());
              soft.put("leader", change.leader().map(MemberId::value).orElse(0L));
            });
    ready.persist().ifPresent(command -> report(command, reply));
    ready
        .install()
        .ifPresent(marker -> ConfigurationJson.write(marker, reply.putObject("install")));
    ready
        .committed()
        .forEach(each -> MessageJson.write(each, list(reply, "committed").addObject()));
    ready.messages().forEach(each -> messages.write(each, list(reply, "messages").addObject()));
    for (Ready.RefusedProposal refused : ready.refusals()) {
      ObjectNode verdict = list(reply, "verdicts").addObject();
      verdict.put("token", refused.token());
      verdict.put("refused", refused.refusal().name());
    }
    for (Ready.ReadVerdict verdict : ready.reads()) {
      ObjectNode read = list(reply, "reads").addObject();
      read.put("token", verdict.token());
      switch (verdict) {
        case Ready.ReadVerdict.Confirmed(_, var index) -> read.put("index", index);
        case Ready.ReadVerdict.Aborted _ -> read.put("aborted", true);
      }
    }
    for (Ready.SnapshotWanted wanted : ready.snapshotsWanted()) {
      ObjectNode wish = list(reply, "snapshotsWanted").addObject();
      wish.put("peer", wanted.peer().value());
      wish.put("minIndex", wanted.minIndex());
    }
    ready.dropLogTo().ifPresent(index -> reply.put("dropLogTo", index));
  }

  private void report(Persist command, ObjectNode reply) {
    reply.put("seq", command.sequence());
    command
        .hardState()
        .ifPresent(
            state -> {
              ObjectNode hard = reply.putObject("hard");
              hard.put("term", state.ballot().term());
              hard.put("vote", state.ballot().vote().map(MemberId::value).orElse(0L));
              hard.put("commit", state.commitIndex());
            });
    command.entries().forEach(each -> MessageJson.write(each, list(reply, "entries").addObject()));
    command
        .snapshot()
        .ifPresent(marker -> ConfigurationJson.write(marker, reply.putObject("snapshot")));
    for (Envelope envelope : CoreProbe.restingOn(core, command.sequence())) {
      ObjectNode waiting = list(reply, "waiting").addObject();
      waiting.put("seq", command.sequence());
      messages.write(envelope, waiting.putObject("msg"));
    }
  }

  private static ArrayNode list(ObjectNode reply, String name) {
    return reply.withArray(name);
  }

  private static String role(RoleKind role) {
    return switch (role) {
      case FOLLOWER -> "follower";
      case PRE_CANDIDATE -> "precandidate";
      case CANDIDATE -> "candidate";
      case LEADER -> "leader";
    };
  }

  private void status(ObjectNode reply) {
    Ready.RoleChange role = core.roleNow();
    reply.put("id", id.value());
    reply.put("role", role(role.role()));
    reply.put("term", role.term());
    reply.put("leader", role.leader().map(MemberId::value).orElse(0L));
    reply.put("vote", CoreProbe.ballot(core).vote().map(MemberId::value).orElse(0L));
    reply.put("commit", core.commitIndex());
    reply.put("applied", core.appliedIndex());
    ConfigurationJson.write(CoreProbe.configuration(core), reply.putObject("config"));
    ObjectNode progress = reply.putObject("progress");
    core.progress()
        .forEach(
            (peer, known) -> {
              ObjectNode each = progress.putObject(peer.toString());
              each.put("state", known.mode().name());
              each.put("match", known.matchIndex());
              each.put("next", known.nextIndex());
              each.put("inFlight", known.inFlight());
              each.put("paused", known.isPaused());
            });
  }

  private void log(ObjectNode reply) {
    EntryId base = CoreProbe.base(core);
    reply.put("firstIndex", base.index() + 1);
    ArrayNode entries = reply.putArray("entries");
    NavigableMap<Long, Entry> known = new TreeMap<>(stored);
    CoreProbe.entriesInMemory(core).forEach(entry -> known.put(entry.index(), entry));
    for (EntryId each : CoreProbe.ids(core)) {
      Entry entry =
          known.getOrDefault(each.index(), new Entry(each, EntryKind.NORMAL, ByteString.EMPTY));
      MessageJson.write(entry, entries.addObject());
    }
  }
}
