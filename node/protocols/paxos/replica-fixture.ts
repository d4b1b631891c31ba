/** What the tests of Paxos share: roles of the replica n1 of three, each alone, and short names for messages and effects. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Effect } from '../../contract/effects.ts';
import type { NodeId } from '../../contract/ids.ts';
import { Acceptor } from './acceptor.ts';
import type { Ballot } from './ballot.ts';
import { Decisions } from './decisions.ts';
import { Learner } from './learner.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import { Outbox } from './outbox.ts';
import { Proposer } from './proposer.ts';
import { correctRules, type PaxosRules } from './rules.ts';
import type { Value } from './value.ts';
import type { Wish } from './wishes.ts';

export type PaxosEffect = Effect<PaxosMessage, PaxosRecord>;

export interface Setup {
  readonly members?: number;
  readonly maxUncommittedBytes?: number;
  readonly trace?: boolean;
  readonly rules?: Partial<PaxosRules>;
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const value = (text: string): Value => ({ payload: bytes(text) });
export const ballot = (round: number, node: NodeId): Ballot => ({ round, node });

export function configOf(setup: Setup = {}): ReplicaConfig {
  return {
    id: 'n1',
    members: Array.from({ length: setup.members ?? 3 }, (_, offset) => `n${offset + 1}`),
    electionTimeoutMs: [150, 300],
    heartbeatIntervalMs: 50,
    maxEntriesPerMessage: 64,
    logCacheBytes: 1000,
    maxUncommittedBytes: setup.maxUncommittedBytes ?? 1e6,
    snapshotAfterBytes: 1e6,
    snapshotChunkBytes: 100,
    trace: setup.trace ?? false,
  };
}

/** The roles of one replica, without the replica: what one says to the other is seen among the effects. */
export function rolesOf(setup: Setup = {}) {
  const config = configOf(setup);
  const rules = { ...correctRules, ...setup.rules };
  const out = new Outbox<PaxosMessage, PaxosRecord>();
  const acceptor = new Acceptor(config, rules, out);
  const chosen: { slot: number; ballot: Ballot; value: Value }[] = [];
  const granted: { wish: Wish; slot: number | undefined }[] = [];
  const learner = new Learner(config, out, {
    onChosen: (slot) => {
      acceptor.forget(slot);
      decisions.forget(slot);
      proposer.onChosenTo(slot);
    },
    compact: () => {},
  });
  const decisions = new Decisions(learner, (slot) => acceptor.acceptedAt(slot));
  const proposer = new Proposer(
    config,
    rules,
    out,
    { learner, acceptor, decisions },
    {
      onChosen: (slot, under, what) => chosen.push({ slot, ballot: under, value: what }),
      onGranted: (wish, slot) => granted.push({ wish, slot }),
    },
  );
  return { config, rules, out, acceptor, learner, decisions, proposer, chosen, granted };
}

export type Roles = ReturnType<typeof rolesOf>;

/** What a role wants done of what it was given. */
export function effectsOf({ out }: Pick<Roles, 'out'>, work: () => void): readonly PaxosEffect[] {
  out.takeEffects();
  work();
  return out.takeEffects();
}

/** What was sent, and to whom. */
export function sentOf(effects: readonly PaxosEffect[]): readonly (readonly [NodeId, PaxosMessage])[] {
  return effects.flatMap((effect) => (effect.kind === 'send' ? [[effect.to, effect.msg] as const] : []));
}

// ---------------------------------------------------------------------------------------------------- effects

export const persist = (record: PaxosRecord): PaxosEffect => ({ kind: 'persist', record });

/** Waits for all that was persisted before it. */
export const send = (to: NodeId, msg: PaxosMessage): PaxosEffect => ({ kind: 'send', to, msg });

/** Waits for nothing. */
export const sendNow = (to: NodeId, msg: PaxosMessage): PaxosEffect => ({ kind: 'send', to, msg, eager: true });

export const timer = (name: string, min: number, max = min): PaxosEffect => ({
  kind: 'timer',
  timer: name,
  afterMs: [min, max],
});

export const cancel = (name: string): PaxosEffect => ({ kind: 'cancel', timer: name });
