/** Log replication in batches. Dissertation, sections 3.5, 3.6.2 and 10.2. */

import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import type { Configuration } from './configuration.ts';
import { encodeConfiguration } from './configuration-codec.ts';
import type { Append, AppendReply, Entry, RaftRecord } from './messages.ts';
import type { Progress, Recall } from './progress.ts';
import { acceptance, refusal } from './replies.ts';
import { beginTransfer, saveIfDue } from './snapshots.ts';
import type { RaftState } from './state.ts';

const empty = new Uint8Array(0);
/** How far a leader streams ahead of what a follower has acknowledged, in entries and in bytes; one message may go beyond. */
const maxInFlight = 4096;
const maxInFlightBytes = 8 << 20;
/** How much is read from the disk for one message, in bytes; a single entry may be larger. */
const maxRecallBytes = 1 << 20;
/** How much one message carries, in bytes; a single entry may be larger. */
const maxMessageBytes = 8 << 20;

/** Section 6.4 and 5.4.2: an entry of its own term lets a new leader commit what it inherited. */
export function appendNoOp(state: RaftState): void {
  appendAsLeader(state, empty);
}

/** Puts a batch at the end of the log. */
export function appendAsLeader(state: RaftState, payload: Uint8Array): void {
  append(state, { term: state.term, payload });
}

/** Puts a configuration at the end of the log, and acts by it from now on. */
export function appendConfiguration(state: RaftState, configuration: Configuration): void {
  append(state, { term: state.term, payload: encodeConfiguration(configuration), kind: 'configuration' });
}

/** The leader's own copy counts once it is durable. */
function append(state: RaftState, entry: Entry): void {
  const index = state.log.lastIndex + 1;
  state.writeEntries(index, [entry]);
  const reply = acceptance(state, index - 1, index, state.round);
  if (state.rules.countsUnflushed) state.sendEagerly(state.config.id, reply);
  else state.send(state.config.id, reply);
}

/** Sends every follower what it lacks, or a heartbeat, and sets the timer of the next one. */
export function broadcastAppend(state: RaftState): void {
  const { heartbeatIntervalMs } = state.config;
  sendAppends(state, state.peers, true);
  state.emit({ kind: 'timer', timer: 'heartbeat', afterMs: [heartbeatIntervalMs, heartbeatIntervalMs] });
}

/** Sends new entries to all that are not waiting for something else. */
export function replicate(state: RaftState): void {
  sendAppends(state, state.peers, false);
}

function progressOf(state: RaftState, node: NodeId): Progress {
  const progress = state.progress.get(node);
  invariant(progress !== undefined, `${node} is not a member`);
  return progress;
}

/** Followers that are equally far get one and the same message, which is then encoded once. */
function sendAppends(state: RaftState, peers: readonly NodeId[], evenIfEmpty: boolean): void {
  let last: Append | undefined;
  for (const peer of peers) {
    const progress = progressOf(state, peer);
    if (needsSnapshot(state, progress)) {
      if (evenIfEmpty) sendHeartbeat(state, peer);
      continue;
    }
    const waits = progress.state === 'probe' ? progress.probing : isWindowFull(state, progress);
    if (waits && !evenIfEmpty) continue;
    const prevIndex = progress.nextIndex - 1;
    const { maxEntriesPerMessage } = state.config;
    const lacks = waits ? 0 : state.log.countFitting(progress.nextIndex, maxEntriesPerMessage, maxMessageBytes);
    const held = lacks === 0 || state.log.holds(progress.nextIndex);
    if (!held && progress.state === 'replicate') recall(state, progress);
    const count = held ? lacks : 0;
    // A probe goes out at once, without the entries: the follower may well refuse what was read for it.
    const probes = !held && progress.state === 'probe';
    if (count === 0 && !evenIfEmpty && !probes) continue;
    if (last?.prevIndex !== prevIndex || last.entries.length !== count) {
      last = appendOf(state, prevIndex, state.log.slice(progress.nextIndex, count));
    }
    sendAppend(state, peer, progress, last);
  }
}

/** Section 10.2.2: a pipeline has to be bounded, for what the network loses of it is sent again. */
function isWindowFull({ log }: RaftState, { matchIndex, nextIndex }: Progress): boolean {
  return nextIndex > matchIndex + maxInFlight || log.bytesAfter(matchIndex, nextIndex - 1) >= maxInFlightBytes;
}

/** Whether what comes next for this follower is no longer in the log; it is sent the snapshot then. */
function needsSnapshot(state: RaftState, progress: Progress): boolean {
  if (progress.state === 'snapshot') return true;
  if (state.log.term(progress.nextIndex - 1) >= 0) return false;
  beginTransfer(state, progress);
  return true;
}

/** A sign of life that every log agrees with, for all begin behind index 0. It says nothing of what the follower lacks. */
function sendHeartbeat(state: RaftState, peer: NodeId): void {
  state.sendEagerly(peer, { ...appendOf(state, 0, []), prevTerm: 0 });
}

function appendOf(state: RaftState, prevIndex: number, entries: readonly Entry[]): Append {
  return {
    type: 'append',
    term: state.term,
    prevIndex,
    prevTerm: state.log.term(prevIndex),
    entries,
    commitIndex: state.commitIndex,
    round: state.round,
  };
}

/**
 * The term became durable before the election was won, and followers may hold entries before the leader has flushed them
 * (section 10.2.1): nothing here waits for the disk.
 */
function sendAppend(state: RaftState, peer: NodeId, progress: Progress, msg: Append): void {
  state.sendEagerly(peer, msg);
  if (progress.state === 'replicate') progress.nextIndex += msg.entries.length;
  else progress.probing = true;
}

/**
 * What comes next for this follower is no longer in memory. As much as one message may carry is read: where batches are
 * small, one at a time would be slower than the leader writes new ones.
 */
function recall(state: RaftState, progress: Progress): void {
  if (progress.recall !== undefined) return;
  const { log, config } = state;
  const from = progress.nextIndex;
  let to = from;
  let bytes = log.size(from);
  while (to - from + 1 < config.maxEntriesPerMessage && to < log.lastIndex && !log.holds(to + 1)) {
    bytes += log.size(to + 1);
    if (bytes > maxRecallBytes) break;
    to += 1;
  }
  const awaited = new Set<number>();
  for (let index = from; index <= to; index += 1) awaited.add(log.position(index));
  progress.recall = { from, to, awaited, records: new Map() };
  for (const position of awaited) state.emit({ kind: 'recall', position });
}

export function onRecalled(state: RaftState, position: number, record: RaftRecord): void {
  if (state.role !== 'leader') return;
  for (const peer of state.peers) {
    const progress = progressOf(state, peer);
    const reading = progress.recall;
    if (!reading?.awaited.delete(position)) continue;
    reading.records.set(position, record);
    if (reading.awaited.size > 0) continue;
    progress.recall = undefined;
    sendRecalled(state, peer, progress, reading);
    // What comes next may be on the disk as well, or the follower may lack something else by now.
    sendAppends(state, [peer], false);
  }
}

function sendRecalled(state: RaftState, peer: NodeId, progress: Progress, { from, to, records }: Recall): void {
  if (progress.nextIndex !== from) return;
  const entries: Entry[] = [];
  for (let index = from; index <= to; index += 1) entries.push(recalledEntry(state, index, records));
  sendAppend(state, peer, progress, appendOf(state, from - 1, entries));
}

/** What was decided is never replaced, so the record that held it then holds it now. */
function recalledEntry({ log }: RaftState, index: number, records: ReadonlyMap<number, RaftRecord>): Entry {
  const position = log.position(index);
  const record = records.get(position);
  const entry = record?.kind === 'entries' ? record.entries[index - record.from] : undefined;
  const sound = entry !== undefined && entry.term === log.term(index) && entry.payload.length === log.size(index);
  invariant(sound, `record ${position} was read again, and does not hold entry ${index} as it was written`);
  return entry;
}

export function onAppend(state: RaftState, from: NodeId, msg: Append): void {
  if (msg.term < state.term) {
    // Tells a deposed leader, which without this could hold on to its term behind CheckQuorum and PreVote. It echoes no
    // round: the sender may lead again by now, in the term that the answer carries, and rounds begin anew in each term.
    state.send(from, refusal(state, { ...msg, round: 0 }, 0));
    return;
  }
  if (msg.term > state.term) state.becomeFollower(msg.term, from);
  state.hearLeader(from);
  // The log is about to be replaced: all that can be said of it is that it begins like any other.
  if (state.incoming?.installing === true) {
    state.send(from, acceptance(state, 0, 0, msg.round));
    return;
  }
  // What is gone was decided, so it equals the leader's.
  const equal = msg.prevIndex < state.log.base || state.log.term(msg.prevIndex) === msg.prevTerm;
  if (!equal) {
    state.send(from, refusal(state, msg, hintFor(state, msg.prevIndex)));
    return;
  }
  const matchIndex = msg.prevIndex + msg.entries.length;
  takeEntries(state, msg);
  const { lastIndex } = state.log;
  state.commitTo(Math.max(state.commitIndex, state.rules.commitIndexFor(msg.commitIndex, matchIndex, lastIndex)));
  state.send(from, acceptance(state, msg.prevIndex, matchIndex, msg.round));
  saveIfDue(state);
}

/** Section 5.3: overwrite from the first entry that conflicts; a message that brings nothing new changes nothing. */
function takeEntries(state: RaftState, msg: Append): void {
  for (const [offset, entry] of msg.entries.entries()) {
    const index = msg.prevIndex + 1 + offset;
    if (index <= state.log.base || !state.rules.replaces(state.log.term(index), entry.term)) continue;
    state.writeEntries(index, msg.entries.slice(offset));
    return;
  }
}

/** Where the leader should try next: past a shorter log's end, or before the whole run of a conflicting term. */
function hintFor(state: RaftState, prevIndex: number): number {
  if (prevIndex > state.log.lastIndex) return state.log.lastIndex + 1;
  return Math.max(state.log.firstIndexOfTermAt(prevIndex), state.commitIndex + 1);
}

export function onAppendReply(state: RaftState, from: NodeId, msg: AppendReply): void {
  const progress = state.hearFollower(from, msg.term);
  if (progress === undefined) return;
  progress.round = Math.max(progress.round, msg.round);
  if (msg.success) onAccepted(state, from, progress, msg);
  else onRefused(state, from, progress, msg);
}

function onAccepted(state: RaftState, from: NodeId, progress: Progress, msg: AppendReply): void {
  invariant(msg.matchIndex <= state.log.lastIndex, `${from} acknowledges ${msg.matchIndex}, past the leader's log`);
  progress.matchIndex = Math.max(progress.matchIndex, msg.matchIndex);
  // A follower that is sent a snapshot agrees to every heartbeat: only what is in the log again ends that.
  const meets = progress.state !== 'snapshot' || state.log.term(msg.matchIndex) >= 0;
  if (progress.state !== 'replicate' && meets) {
    progress.state = 'replicate';
    progress.transfer = undefined;
    progress.nextIndex = progress.matchIndex + 1;
  }
  progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
  if (progress.matchIndex > state.commitIndex) {
    advanceCommit(state);
    saveIfDue(state);
  }
  if (from !== state.config.id) sendAppends(state, [from], false);
}

function onRefused(state: RaftState, from: NodeId, progress: Progress, msg: AppendReply): void {
  if (progress.state === 'snapshot') return;
  // A late answer to a message from before the logs met says nothing new.
  const stale =
    progress.state === 'probe' ? msg.prevIndex !== progress.nextIndex - 1 : msg.prevIndex <= progress.matchIndex;
  if (stale) return;
  const nextIndex = Math.max(progress.matchIndex + 1, Math.min(msg.hintIndex, msg.prevIndex));
  // Nothing new to try: the next heartbeat asks again. At once, the two would go on for ever.
  progress.probing = progress.state === 'probe' && nextIndex === progress.nextIndex;
  progress.state = 'probe';
  progress.recall = undefined;
  progress.nextIndex = nextIndex;
  sendAppends(state, [from], false);
}

/** Commits what a majority stores, but only by way of an entry of the present term (section 5.4.2). */
function advanceCommit(state: RaftState): void {
  if (!state.majority(({ matchIndex }) => matchIndex > state.commitIndex)) return;
  const index = state.reachedByMajority(({ matchIndex }) => matchIndex);
  if (!state.rules.commitsByCounting(state.log.term(index), state.term)) return;
  state.commitTo(index);
}
