/**
 * What every protocol must pass, whatever it is: the contract of `node/contract/`, tried out on random schedules. Each
 * requirement throws where the protocol does not meet it. A schedule follows from its seed alone.
 */
import type { Durable } from '../contract/durable.ts';
import type { Effect } from '../contract/effects.ts';
import type { Input } from '../contract/inputs.ts';
import { storageRequirements } from './conformance-storage.ts';
import { Frozen } from './frozen.ts';
import { type AnyProtocol, RandomPlay } from './random-play.ts';
import { demand, type Requirement, stormEvents } from './requirement.ts';
import { tell } from './tell.ts';

/** How many timers may run out in a calm network before a write must have been applied everywhere. */
const calmTimers = 400;

/** One incarnation of a replica: what it started from, and what it was given and wanted after that. */
interface Incarnation {
  readonly durable: Durable<unknown>;
  readonly started: string;
  readonly inputs: Input<unknown, unknown>[];
  readonly effects: string[];
  readonly create: () => ReturnType<AnyProtocol['create']>;
}

/** Plays a storm and writes down every incarnation of every replica. */
function recordIncarnations(definition: AnyProtocol, seed: number): Incarnation[] {
  const incarnations: Incarnation[] = [];
  const play = new RandomPlay(definition, seed, (honest, config) => {
    let current: Incarnation;
    return {
      start: (durable) => {
        const effects = honest.start(durable);
        const create = () => definition.create(config);
        current = {
          durable: { ...durable, records: [...durable.records] },
          started: tell(effects),
          inputs: [],
          effects: [],
          create,
        };
        incarnations.push(current);
        return effects;
      },
      step: (input) => {
        const effects = honest.step(input);
        current.inputs.push(input);
        current.effects.push(tell(effects));
        return effects;
      },
      view: () => honest.view(),
    };
  });
  play.storm(stormEvents);
  return incarnations;
}

const kinds = new Set<Effect<unknown, unknown>['kind']>([
  ...(['persist', 'recall', 'send', 'timer', 'cancel', 'apply', 'read', 'reject', 'ask', 'note'] as const),
  ...(['snapshot', 'load', 'receive', 'install', 'compact', 'ordered', 'mark'] as const),
]);

/** Fields that the runtime relies on; what a message or a record holds is the protocol's own affair. */
function isWellFormed(effect: Effect<unknown, unknown>, members: readonly string[]): boolean {
  switch (effect.kind) {
    case 'send':
      return members.includes(effect.to);
    case 'timer': {
      const [min, max] = effect.afterMs;
      return effect.timer !== '' && min >= 0 && min <= max && Number.isFinite(max);
    }
    case 'apply':
      return effect.payload instanceof Uint8Array;
    case 'read':
      return Number.isInteger(effect.index) && effect.index >= 0;
    case 'load':
      return effect.maxBytes >= 1;
    default:
      return kinds.has(effect.kind);
  }
}

export const requirements: readonly Requirement[] = [
  {
    name: 'starts alike from the same records, and takes none of them for its own',
    check: (definition, seed) => {
      for (const { durable, started, create } of recordIncarnations(definition, seed)) {
        const before = tell(durable);
        const [first, second] = [create(), create()];
        demand(tell(first.start(durable)) === started, () => 'a start from the same records had other effects');
        demand(tell(second.start(durable)) === started, () => 'a second start from the same records had other effects');
        demand(tell(first.view()) === tell(second.view()), () => 'two starts from the same records look different');
        demand(tell(durable) === before, () => 'a start changed the records');
      }
    },
  },
  {
    name: 'steps alike: the same inputs have the same effects on another instance',
    check: (definition, seed) => {
      for (const { durable, inputs, effects, create } of recordIncarnations(definition, seed)) {
        const again = create();
        again.start(durable);
        for (const [at, input] of inputs.entries()) {
          const now = tell(again.step(input));
          demand(now === effects[at], () => `input ${tell(input)} had ${now}\nand before ${effects[at]}`);
        }
      }
    },
  },
  {
    name: 'changes no input, message or record, neither those that it is given nor those that it gave',
    check: (definition, seed) => {
      const frozen = new Frozen();
      const play = new RandomPlay(definition, seed, (honest) => ({
        start: (durable) => frozen.freeze(honest.start(frozen.freeze(durable))),
        step: (input) => frozen.freeze(honest.step(frozen.freeze(input))),
        view: () => frozen.freeze(honest.view()),
      }));
      play.storm(stormEvents);
      frozen.assertUnchanged();
    },
  },
  {
    name: 'wants only what the runtime knows how to do',
    check: (definition, seed) => {
      const play = new RandomPlay(definition, seed, (honest, { members }) => {
        const known = (effects: readonly Effect<unknown, unknown>[]) => {
          for (const effect of effects) demand(isWellFormed(effect, members), () => `unknown effect: ${tell(effect)}`);
          return effects;
        };
        return {
          start: (durable) => known(honest.start(durable)),
          step: (input) => known(honest.step(input)),
          view: () => honest.view(),
        };
      });
      play.storm(stormEvents);
    },
  },
  {
    name: 'applies every index once and in order, in each incarnation',
    check: (definition, seed) => {
      let count = 0;
      const play = new RandomPlay(definition, seed, (honest) => {
        let last = 0;
        const inOrder = (effects: readonly Effect<unknown, unknown>[]) => {
          for (const effect of effects) {
            if (effect.kind !== 'apply') continue;
            demand(effect.index === last + 1, () => `index ${effect.index} was applied after ${last}`);
            last = effect.index;
            count += 1;
          }
          return effects;
        };
        return {
          start: (durable) => {
            last = durable.snapshot?.index ?? 0;
            return inOrder(honest.start(durable));
          },
          step: (input) => {
            if (input.kind === 'installed') last = input.index;
            return inOrder(honest.step(input));
          },
          view: () => honest.view(),
        };
      });
      play.storm(stormEvents);
      play.calm(calmTimers);
      demand(count > 0, () => 'nothing was ever applied: this schedule shows nothing');
    },
  },
  {
    name: 'applies the same at the same index on every replica, over crashes, loss, repetition and reordering',
    check: (definition, seed) => {
      // The play itself compares what is applied with what was applied at that index before, anywhere.
      const play = new RandomPlay(definition, seed);
      for (let storms = 0; storms < 3; storms += 1) {
        play.storm(stormEvents);
        play.calm(20);
      }
    },
  },
  {
    name: 'makes progress when the network is calm: a write is applied everywhere',
    check: (definition, seed) => {
      const play = new RandomPlay(definition, seed);
      play.storm(stormEvents);
      const used = play.calm(calmTimers);
      demand(
        used < calmTimers,
        () => `a write was not applied everywhere after ${calmTimers} timers in a calm network`,
      );
    },
  },
  {
    name: 'looks sane from outside, and does not change by being looked at',
    check: (definition, seed) => {
      const play = new RandomPlay(definition, seed, (honest, { members }) => {
        let commit = 0;
        let applied = 0;
        const look = () => {
          const { role, epoch, leader, commitIndex, lastIndex } = honest.view();
          const shown = tell(honest.view());
          demand(tell(honest.view()) === shown, () => 'looking twice shows different things');
          demand(role !== '' && Number.isInteger(epoch) && epoch >= 0, () => `no role or epoch: ${shown}`);
          demand(leader === undefined || members.includes(leader), () => `its leader is no member: ${shown}`);
          demand(commitIndex >= commit, () => `the commit index was ${commit}, and now: ${shown}`);
          demand(commitIndex >= applied, () => `${applied} was applied, but: ${shown}`);
          demand(lastIndex >= commitIndex, () => `committed more than it has: ${shown}`);
          commit = commitIndex;
        };
        return {
          start: (durable) => {
            const effects = honest.start(durable);
            look();
            return effects;
          },
          step: (input) => {
            const effects = honest.step(input);
            for (const effect of effects) if (effect.kind === 'apply') applied = effect.index;
            look();
            return effects;
          },
          view: () => honest.view(),
        };
      });
      play.storm(stormEvents);
    },
  },
  {
    name: 'takes timers that it never set, and answers that it never asked for, without a word',
    check: (definition, seed) => {
      const play = new RandomPlay(definition, seed, (honest) => ({
        start: (durable) => honest.start(durable),
        step: (input) => {
          const before = tell(honest.view());
          const unheardOf = [
            ...honest.step({ kind: 'timeout', timer: 'never set' }),
            ...honest.step({ kind: 'answer', id: -1, payload: new Uint8Array([1, 2, 3]) }),
          ];
          demand(unheardOf.length === 0, () => `it made something of that: ${tell(unheardOf)}`);
          demand(tell(honest.view()) === before, () => 'it changed by that');
          return honest.step(input);
        },
        view: () => honest.view(),
      }));
      play.storm(stormEvents);
    },
  },
  ...storageRequirements,
];
