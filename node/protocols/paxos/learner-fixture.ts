/** A learner with its way to catch up, without a protocol around it, for their tests. */

import type { ReplicaConfig } from '../../contract/config.ts';
import type { Effect } from '../../contract/effects.ts';
import { CatchUp } from './catch-up.ts';
import type { GroupFrom } from './groups.ts';
import { Learner } from './learner.ts';
import type { LearnerMessage, LearnerRecord, SnapshotRecord } from './learner-messages.ts';
import { Outbox } from './outbox.ts';
import type { Value } from './value.ts';

export type LearnerEffect = Effect<LearnerMessage, LearnerRecord>;

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const values = (...texts: readonly string[]): readonly Value[] =>
  texts.map((text) => ({ payload: bytes(text) }));

/** The group of the tests, from its first slot on. */
export const firstGroups: readonly GroupFrom[] = [{ from: 1, group: { voters: ['n1', 'n2', 'n3'], learners: [] } }];

export const snapshotOf = (index: number, groups = firstGroups): SnapshotRecord => ({
  kind: 'snapshot',
  index,
  groups,
});

/** The learner of n1, whose records hold nothing but what was chosen. */
export class Part {
  readonly out = new Outbox<LearnerMessage, LearnerRecord>();
  readonly learner: Learner;
  readonly catchUp: CatchUp<LearnerRecord>;
  /** Up to which slots it has said that all is known to be chosen. */
  readonly chosen: number[] = [];

  constructor(setup: Partial<ReplicaConfig> = {}) {
    const config: ReplicaConfig = {
      id: 'n1',
      members: ['n1', 'n2', 'n3'],
      electionTimeoutMs: [150, 300],
      heartbeatIntervalMs: 50,
      maxEntriesPerMessage: 64,
      logCacheBytes: 1000,
      maxUncommittedBytes: 1e6,
      snapshotAfterBytes: 1e6,
      snapshotChunkBytes: 8,
      trace: false,
      ...setup,
    };
    this.learner = new Learner(config, this.out, {
      onChosen: (slot) => this.chosen.push(slot),
      compact: (index) => this.out.emit({ kind: 'compact', position: this.learner.log.firstPosition, index }),
    });
    this.catchUp = new CatchUp(this.learner, this.out, (record, slot) =>
      record.kind === 'chosen' ? record.values[slot - record.from] : undefined,
    );
  }

  /** What comes of some work on it. */
  effects(work: (part: Part) => void): readonly LearnerEffect[] {
    work(this);
    return this.out.takeEffects();
  }

  /** As one that knows what was chosen in the slots up to as many as there are texts; the record of each is its own. */
  knowing(...texts: readonly string[]): this {
    for (const each of values(...texts)) this.learner.learn([each]);
    this.out.takeEffects();
    return this;
  }

  /** What it began to save is durable. */
  finishSaving(index: number, length: number): readonly LearnerEffect[] {
    return this.effects(({ learner }) => learner.onSnapshotted(index, length));
  }
}

// ---------------------------------------------------------------------------------------------------------- effects

export const persist = (record: LearnerRecord): LearnerEffect => ({ kind: 'persist', record });

/** Waits for nothing, as all that learners say. */
export const send = (to: string, msg: LearnerMessage): LearnerEffect => ({ kind: 'send', to, msg, eager: true });

export const apply = (index: number, text: string): LearnerEffect => ({
  kind: 'apply',
  index,
  payload: bytes(text),
  eager: true,
});

export const askAgainLater: LearnerEffect = { kind: 'timer', timer: 'learn', afterMs: [150, 150] };

export const askNoMore: LearnerEffect = { kind: 'cancel', timer: 'learn' };

/** The texts of what is applied. */
export const applied = (effects: readonly LearnerEffect[]): readonly string[] =>
  effects.flatMap((effect) => (effect.kind === 'apply' ? [new TextDecoder().decode(effect.payload)] : []));
