/** What every protocol must pass of `conformance.ts`, as to what goes over the network and what outlives a replica. */
import type { Codec } from '../contract/codec.ts';
import { type AnyProtocol, RandomPlay } from './random-play.ts';
import { demand, type Requirement, stormEvents } from './requirement.ts';
import { tell } from './tell.ts';

/** How many timers may run out in the calm after a storm. */
const calmTimers = 20;
/** How many storms at most one seed stands for, where something is to be seen at least once. */
const maxStorms = 40;

function demandSpelling(value: unknown, bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
  const again = tell(decode(bytes));
  demand(again === tell(value), () => `${tell(value)} came back from its bytes as ${again}`);
}

/** The simulator never encodes, so that this would otherwise show on a socket only. */
function demandSpellings({ encodeMessage, decodeMessage, encodeRecord, decodeRecord }: Codec<unknown, unknown>) {
  return {
    ofMessage: (msg: unknown) => demandSpelling(msg, encodeMessage(msg), decodeMessage),
    ofRecord: (record: unknown) => demandSpelling(record, Buffer.concat(encodeRecord(record)), decodeRecord),
  };
}

/** What there is to be seen of snapshots in a storm. */
const sights = [
  'saved',
  'read for another replica',
  'installed',
  'begun from',
  'begun from with a log that begins late',
];

/** Adds what is to be seen of snapshots in the storm of `seed`. */
function watchSnapshots(definition: AnyProtocol, seed: number, seen: Set<string>): void {
  const play = new RandomPlay(definition, seed, (honest) => ({
    start: (durable) => {
      if (durable.snapshot !== undefined) seen.add('begun from');
      if (durable.firstPosition > 1) seen.add('begun from with a log that begins late');
      return honest.start(durable);
    },
    step: (input) => {
      if (input.kind === 'snapshotted') seen.add('saved');
      if (input.kind === 'loaded') seen.add('read for another replica');
      if (input.kind === 'installed') seen.add('installed');
      return honest.step(input);
    },
    view: () => honest.view(),
  }));
  // In the calm after it replicas that fell behind come back, also where the protocol needs many messages for little.
  play.storm(stormEvents);
  play.calm(calmTimers);
  play.storm(stormEvents);
}

export const storageRequirements: readonly Requirement[] = [
  {
    name: 'has a spelling in bytes for all that it sends and writes down, and reads it back alike',
    check: (definition, seed) => {
      const { ofMessage, ofRecord } = demandSpellings(definition.codec);
      const play = new RandomPlay(definition, seed, (honest) => ({
        start: (durable) => honest.start(durable),
        step: (input) => {
          const effects = honest.step(input);
          for (const effect of effects) {
            if (effect.kind === 'send') ofMessage(effect.msg);
            if (effect.kind === 'persist' || effect.kind === 'snapshot' || effect.kind === 'install') {
              ofRecord(effect.record);
            }
          }
          return effects;
        },
        view: () => honest.view(),
      }));
      play.storm(stormEvents);
    },
  },
  {
    // Else nothing that is required on these schedules says anything of snapshots.
    name: 'goes through all of the life of a snapshot on these schedules, if it saves any',
    check: (definition, seed) => {
      const seen = new Set<string>();
      for (let storm = 0; storm < maxStorms && seen.size < sights.length; storm += 1) {
        watchSnapshots(definition, seed + 1000 * storm, seen);
      }
      const missing = sights.filter((sight) => !seen.has(sight));
      demand(seen.size === 0 || missing.length === 0, () => `snapshots were never ${missing.join(', nor ')}`);
    },
  },
];
