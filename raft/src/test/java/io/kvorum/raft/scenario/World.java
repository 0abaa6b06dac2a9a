package io.kvorum.raft.scenario;

import com.google.protobuf.ByteString;
import io.kvorum.raft.Ballot;
import io.kvorum.raft.Entry;
import io.kvorum.raft.EntryId;
import io.kvorum.raft.Envelope;
import io.kvorum.raft.HardState;
import io.kvorum.raft.Input;
import io.kvorum.raft.Input.SnapshotSent.Delivery;
import io.kvorum.raft.RaftMessage.SnapshotOffer;
import io.kvorum.raft.RaftOptions;
import io.kvorum.raft.Ready;
import io.kvorum.raft.RoleKind;
import io.kvorum.raft.SnapshotMarker;
import io.kvorum.raft.membership.Configuration;
import io.kvorum.raft.membership.MemberId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/// The members of a story and everything between them. Commands that are not facts end up here.
final class World {
  private static final int MOST_STEPS = 20_000;

  final NavigableMap<MemberId, ScriptedMember> members = new TreeMap<>();
  final Network network = new Network();
  final Tokens tokens = new Tokens();
  final Witness witness = new Witness(this);
  private final Set<MemberId> paused = new TreeSet<>();
  private final Set<MemberId> heldDisks = new TreeSet<>();
  private final Set<MemberId> heldAppliers = new TreeSet<>();
  private RaftOptions options = RaftOptions.defaults().withTail(new RaftOptions.Tail(0, 0));
  private boolean servesSnapshots = true;

  ScriptedMember member(MemberId id) {
    ScriptedMember member = members.get(id);
    if (member == null) {
      throw new IllegalArgumentException("no member " + id);
    }
    return member;
  }

  /// Whether the disk of `id`, if there is such a member, has this entry.
  boolean holdsDurably(MemberId id, EntryId entry) {
    ScriptedMember member = members.get(id);
    return member != null && member.holdsDurably(entry);
  }

  void execute(Words words) {
    switch (words.at(0)) {
      case "cluster" -> found(words);
      case "spawn" -> spawn(words);
      case "opt" -> setOptions(words);
      case "disk-holds" -> writeToDisk(words);
      case "restart" -> restart(words);
      case "pause" -> paused.add(words.member(1));
      case "resume" -> paused.remove(words.member(1));
      case "stop" -> member(words.member(1)).step(new Input.Stop());
      case "tick" -> tick(words);
      case "campaign" -> campaign(member(words.member(1)));
      case "propose" -> propose(words);
      case "conf" -> proposeChange(words);
      case "read" -> read(words);
      case "transfer" -> transfer(words);
      case "compact" -> compact(words);
      case "snap" -> snapshot(words);
      case "unreachable" ->
          member(words.member(1)).step(new Input.PeerUnreachable(words.member(2)));
      case "gone" -> member(words.member(1)).step(new Input.PeerGone(words.member(2)));
      case "disk" -> disk(words);
      case "apply" -> apply(words);
      case "deliver" -> select(words).forEach(this::deliver);
      case "drop" -> select(words);
      case "dup" -> duplicate(words);
      case "misroute" -> select(words).forEach(each -> misroute(each, words.member(3)));
      case "send" -> network.send(MessageForm.parse(words.link(1), words));
      case "delay" -> delay(words);
      case "cut", "oneway", "heal" -> rewire(words);
      case "run" -> run(words);
      default -> throw new IllegalArgumentException("unknown command: " + words);
    }
    collect();
  }

  private void found(Words words) {
    options = OptionsText.change(options, words);
    servesSnapshots = !words.named("snapshots").equals(Optional.of("held"));
    List<MemberId> voters = Words.members(words.at(1));
    List<MemberId> learners = words.named("learner").map(Words::members).orElse(List.of());
    Configuration configuration = Configuration.of(voters, learners);
    EntryId base = new EntryId(1, words.named("index", 1));
    for (MemberId id : configuration.members()) {
      HardState hardState = new HardState(new Ballot(1, Optional.empty()), base.index());
      members.put(id, new ScriptedMember(id, options, configuration, base, hardState));
    }
  }

  /// A member with nothing, as it joins.
  private void spawn(Words words) {
    MemberId id = words.member(1);
    members.put(
        id, new ScriptedMember(id, options, Configuration.EMPTY, EntryId.NONE, HardState.NONE));
  }

  /// Takes effect when the member starts the next time, except for `flush`.
  private void setOptions(Words words) {
    ScriptedMember member = member(words.member(1));
    member.options = OptionsText.change(member.options, words);
    member.keepsApplied = words.isOn("flush", member.keepsApplied);
  }

  /// `disk-holds 2 = 1/2 3/3:+v4 term=3 vote=1 commit=2`
  private void writeToDisk(Words words) {
    List<Entry> entries = words.logFrom(2);
    long term = words.named("term", entries.isEmpty() ? 1 : entries.getLast().term());
    Ballot ballot = new Ballot(term, words.named("vote").map(Words::member));
    ScriptedMember member = member(words.member(1));
    member.writeToDisk(entries, new HardState(ballot, words.named("commit", 1)));
    member.restart(0);
  }

  private void restart(Words words) {
    ScriptedMember member = member(words.member(1));
    if (words.has("wipe")) {
      member.wipe();
    } else if (words.has("lose-unsynced")) {
      member.restart(0);
    } else {
      member.restart((int) words.named("tear", Integer.MAX_VALUE));
    }
    if (!words.has("keep-network")) {
      network.dropTo(member.id);
    }
  }

  private void tick(Words words) {
    long count = words.size() > 2 ? words.number(2) : 1;
    Collection<ScriptedMember> ticking =
        words.at(1).equals("all") ? members.values() : List.of(member(words.member(1)));
    for (long i = 0; i < count; i++) {
      ticking.stream()
          .filter(member -> !paused.contains(member.id))
          .forEach(member -> member.step(new Input.Tick()));
    }
  }

  /// Lets time pass for one member until it campaigns, or shows that it will not.
  private void campaign(ScriptedMember member) {
    Ready.RoleChange before = member.role();
    int most = 2 * member.options.election().timeoutTicks();
    for (int i = 0; i < most; i++) {
      member.step(new Input.Tick());
      RoleKind now = member.role().role();
      boolean campaigns = now == RoleKind.PRE_CANDIDATE || now == RoleKind.CANDIDATE;
      if (!member.role().equals(before) || (campaigns && i == most - 1)) {
        return;
      }
    }
  }

  private void propose(Words words) {
    String text = words.textFrom(2);
    ByteString payload = text.equals("(empty)") ? ByteString.EMPTY : ByteString.copyFromUtf8(text);
    member(words.member(1)).step(new Input.Propose(tokens.add(text), payload));
  }

  private void proposeChange(Words words) {
    String text = words.textFrom(2);
    member(words.member(1))
        .step(
            new Input.ProposeChange(
                tokens.add(words.at(2)), ChangeText.parse(text), ByteString.copyFromUtf8(text)));
  }

  private void read(Words words) {
    List<Input> reads = new ArrayList<>();
    for (int i = 2; i < words.size(); i++) {
      long token = tokens.add(words.at(i));
      witness.readStarts(token);
      reads.add(new Input.ReadIndex(token));
    }
    member(words.member(1)).step(reads);
  }

  private void transfer(Words words) {
    String name = "transfer-to-" + words.at(3);
    member(words.member(1)).step(new Input.TransferLeadership(tokens.add(name), words.member(3)));
  }

  /// `compact 1 7`: the state is durable up to 7, and the log need not keep what it holds.
  private void compact(Words words) {
    ScriptedMember member = member(words.member(1));
    member.flush();
    member.step(new Input.StateDurable(words.number(2)));
    member.sync(Integer.MAX_VALUE);
  }

  private void snapshot(Words words) {
    Link link = words.link(1);
    ScriptedMember sender = member(link.from());
    switch (words.at(2)) {
      case "ready" -> {
        Ready.SnapshotWanted wanted = sender.snapshotsWanted.removeFirst();
        if (words.named("at").isPresent()) {
          SnapshotMarker other = MessageForm.marker(words);
          sender.step(new Input.SnapshotReady(wanted.peer(), wanted.term(), other));
        } else {
          offerSnapshot(sender, wanted);
        }
      }
      case "ok" -> reportSnapshot(link, words.number(3), Delivery.DELIVERED);
      case "fail" -> reportSnapshot(link, words.number(3), Delivery.FAILED);
      default -> throw new IllegalArgumentException("snap ready, ok or fail: " + words);
    }
  }

  private void offerSnapshot(ScriptedMember sender, Ready.SnapshotWanted wanted) {
    if (sender.applied().index() >= wanted.minIndex()) {
      sender.step(new Input.SnapshotReady(wanted.peer(), wanted.term(), sender.snapshot()));
      if (network.isCut(new Link(sender.id, wanted.peer()))) {
        reportSnapshot(
            new Link(sender.id, wanted.peer()), sender.applied().index(), Delivery.FAILED);
      }
    }
  }

  private void reportSnapshot(Link link, long index, Delivery delivery) {
    member(link.from()).step(new Input.SnapshotSent(link.to(), index, delivery));
  }

  private void disk(Words words) {
    MemberId id = words.member(1);
    switch (words.at(2)) {
      case "hold" -> heldDisks.add(id);
      case "release" -> {
        int count = words.size() > 3 ? (int) words.number(3) : Integer.MAX_VALUE;
        if (count == Integer.MAX_VALUE) {
          heldDisks.remove(id);
        }
        member(id).sync(count);
      }
      default -> throw new IllegalArgumentException("disk hold or release: " + words);
    }
  }

  private void apply(Words words) {
    MemberId id = words.member(1);
    switch (words.at(2)) {
      case "hold" -> heldAppliers.add(id);
      case "release" -> {
        int count = words.size() > 3 ? (int) words.number(3) : Integer.MAX_VALUE;
        if (count == Integer.MAX_VALUE) {
          heldAppliers.remove(id);
        }
        member(id).apply(count);
      }
      default -> throw new IllegalArgumentException("apply hold or release: " + words);
    }
  }

  /// Takes messages from a link: all of a kind, or as many as `count` says, the newest if `last`.
  private List<Envelope> select(Words words) {
    List<Envelope> queue = network.queue(words.link(1));
    Predicate<Envelope> isMeant =
        words
            .named("type")
            .<Predicate<Envelope>>map(kind -> each -> MessageForm.kind(each).equals(kind))
            .orElse(_ -> true);
    List<Envelope> found = new ArrayList<>(queue.stream().filter(isMeant).toList());
    if (words.has("last")) {
      found = List.of(found.getLast());
    } else {
      found = found.subList(0, (int) Math.min(found.size(), words.named("count", found.size())));
    }
    if (found.isEmpty()) {
      throw new AssertionError("nothing to " + words.at(0) + " among " + queue);
    }
    List<Envelope> taken = List.copyOf(found);
    taken.forEach(queue::remove);
    return taken;
  }

  private void deliver(Envelope envelope) {
    ScriptedMember receiver = members.get(envelope.to());
    if (receiver == null || !receiver.isRunning()) {
      return;
    }
    receiver.step(new Input.Received(envelope));
    if (servesSnapshots && envelope.message() instanceof SnapshotOffer(var marker)) {
      reportSnapshot(
          new Link(envelope.from(), envelope.to()), marker.id().index(), Delivery.DELIVERED);
    }
  }

  /// A member hears what was meant for another.
  private void misroute(Envelope envelope, MemberId receiver) {
    member(receiver).step(new Input.Received(envelope));
  }

  private void duplicate(Words words) {
    List<Envelope> queue = network.queue(words.link(1));
    List<Envelope> before = List.copyOf(queue);
    select(words).forEach(this::deliver);
    collect();
    List<Envelope> added = queue.stream().filter(each -> !before.contains(each)).toList();
    queue.clear();
    queue.addAll(before);
    queue.addAll(added);
  }

  private void delay(Words words) {
    List<Envelope> late = select(words);
    network.queue(words.link(1)).addAll(late);
  }

  private void rewire(Words words) {
    if (words.size() == 1) {
      network.heal();
      return;
    }
    if (words.at(0).equals("oneway")) {
      network.cut(words.link(1));
      return;
    }
    String[] ends = words.at(1).split("-", -1);
    for (MemberId each : members.keySet()) {
      boolean isOther = ends.length == 1 && !each.equals(Words.member(ends[0]));
      if (isOther || (ends.length == 2 && each.equals(Words.member(ends[1])))) {
        Link link = new Link(Words.member(ends[0]), each);
        if (words.at(0).equals("cut")) {
          network.cut(link);
          network.cut(link.reversed());
        } else {
          network.heal(link);
          network.heal(link.reversed());
        }
      }
    }
  }

  /// `run`, `run 1,2`, `run for=20`, `run until <fact> max=50`.
  private void run(Words words) {
    if (words.size() > 1 && words.at(1).equals("until")) {
      Words fact = Words.of(words.textFrom(2).replaceAll(" max=\\d+$", ""));
      runUntil(fact, words.named("max", 100));
    } else if (words.named("for").isPresent()) {
      for (long i = words.named("for", 1); i > 0; i--) {
        tickAll();
        runUntilQuiet(members.keySet());
      }
    } else {
      runUntilQuiet(words.size() > 1 ? Words.members(words.at(1)) : members.keySet());
    }
  }

  private void runUntil(Words fact, long mostTicks) {
    Facts facts = new Facts(this);
    runUntilQuiet(members.keySet());
    for (long i = 0; !facts.holds(fact); i++) {
      if (i == mostTicks) {
        throw new AssertionError("not within " + mostTicks + " ticks: " + fact);
      }
      tickAll();
      runUntilQuiet(members.keySet());
    }
  }

  private void tickAll() {
    tick(Words.of("tick all"));
    collect();
  }

  private void runUntilQuiet(Collection<MemberId> ids) {
    int steps = 0;
    while (runOnce(ids)) {
      if (++steps > MOST_STEPS) {
        throw new AssertionError("no end of messages");
      }
    }
  }

  private boolean runOnce(Collection<MemberId> ids) {
    boolean moved = false;
    for (MemberId id : ids) {
      ScriptedMember member = member(id);
      if (member.isRunning() && !paused.contains(id)) {
        moved |= work(member);
        collect();
      }
    }
    for (Link link : network.busyLinks()) {
      if (ids.contains(link.to()) && ids.contains(link.from()) && !paused.contains(link.to())) {
        deliver(network.queue(link).removeFirst());
        collect();
        moved = true;
      }
    }
    return moved;
  }

  private boolean work(ScriptedMember member) {
    boolean moved = false;
    if (!heldDisks.contains(member.id) && member.unsynced() > 0) {
      member.sync(Integer.MAX_VALUE);
      collect();
      moved = true;
    }
    if (!heldAppliers.contains(member.id) && member.unapplied() > 0) {
      member.apply(Integer.MAX_VALUE);
      moved = true;
    }
    moved |= member.readLog();
    if (servesSnapshots && !member.snapshotsWanted.isEmpty()) {
      offerSnapshot(member, member.snapshotsWanted.removeFirst());
      moved = true;
    }
    return moved;
  }

  /// Looks at everything the members have done, and puts their messages on the way.
  private void collect() {
    for (ScriptedMember member : members.values()) {
      witness.observe(member);
      member.sent.forEach(network::send);
      member.sent.clear();
    }
  }
}
