import { describe, expect, test, vi } from 'vitest';
import { loadProtocol, namesOf } from '../../chaos/catalog.ts';
import { requirements } from './conformance.ts';
import type { AnyProtocol } from './random-play.ts';

const seeds = Array.from({ length: 8 }, (_, offset) => offset + 1);

/** A protocol sees no clock and draws nothing: each of these throws when it is called. */
const forbidden = [
  [Date, 'now'],
  [Math, 'random'],
  [performance, 'now'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
  [globalThis, 'queueMicrotask'],
] as const;

/** Runs `work` in a world without clock and chance. */
function withoutClockOrChance(work: () => void): void {
  const spies = forbidden.map(([owner, name]) =>
    vi.spyOn(owner as { now: () => number }, name as 'now').mockImplementation(() => {
      throw new Error(`${name} was called`);
    }),
  );
  try {
    work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const protocols = namesOf('protocol');

/** A protocol as it runs in one of its modes. */
function inMode(definition: AnyProtocol, mode: string): AnyProtocol {
  return { ...definition, create: (config, defect) => definition.create({ ...config, mode }, defect) };
}

/** Each protocol by its name, in each of its modes, and on how many seeds: what modes share is tried in the first of them. */
const ways: [string, AnyProtocol, number][] = [];
const [onlyModeSeeds, firstModeSeeds, otherModeSeeds] = [4, 2, 1];
for (const name of protocols) {
  const definition = await loadProtocol(name);
  const modes = Object.keys(definition.modes ?? {});
  if (modes.length === 0) ways.push([name, definition, onlyModeSeeds]);
  for (const [at, mode] of modes.entries()) {
    ways.push([`${name} (${mode})`, inMode(definition, mode), at === 0 ? firstModeSeeds : otherModeSeeds]);
  }
}

test('there is a protocol to test', () => {
  expect(protocols).toContain('raft');
});

describe.each(ways)('the protocol %s', (_, definition, count) => {
  test.each(requirements)('$name', ({ check }) => {
    for (const seed of seeds.slice(0, count)) {
      try {
        withoutClockOrChance(() => check(definition, seed));
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
  });
});

type Replica = ReturnType<AnyProtocol['create']>;
type Effects = ReturnType<Replica['step']>;

/** Something that goes wrong in a replica of raft: overrides what it does. */
type Sabotage = (honest: Replica, id: string) => Partial<Replica>;

let lastNumber = 0;
function nextNumber(): number {
  lastNumber += 1;
  return lastNumber;
}

/** Does to every list of effects what `change` does. */
const changing =
  (change: (effects: Effects, id: string) => Effects): Sabotage =>
  (honest, id) => ({ step: (input) => change(honest.step(input), id) });

/** Whether two replicas disagree, or one finds its own state broken by that first, or misses what it has lost. */
const agreementBroken =
  /had been applied before|would overwrite a log|claims to lead|past the leader's log|is read, and those from/;

const sabotages: readonly (readonly [requirement: string, complaint: RegExp, what: string, sabotage: Sabotage])[] = [
  [
    'starts alike',
    /had other effects/,
    'counts its starts',
    (honest) => ({
      start: (records) => [...honest.start(records), { kind: 'cancel', timer: `${nextNumber()}` }],
    }),
  ],
  [
    'starts alike',
    /a start changed the records/,
    'takes the records for its own',
    (honest) => ({
      start: (durable) => {
        const effects = honest.start(durable);
        (durable.records as unknown[]).push('mine');
        return effects;
      },
    }),
  ],
  [
    'steps alike',
    /and before/,
    'draws a number',
    changing((effects) => [...effects, { kind: 'cancel', timer: `${nextNumber()}` }]),
  ],
  [
    'changes no input',
    /read only property/,
    'marks the messages that it has read',
    (honest) => ({
      step: (input) => {
        if (input.kind === 'message') (input.msg as { term: number }).term = 1;
        return honest.step(input);
      },
    }),
  ],
  [
    'changes no input',
    /bytes were changed/,
    'uses the bytes of a request as its scratch pad',
    (honest) => ({
      step: (input) => {
        const effects = honest.step(input);
        if (input.kind === 'request') input.payload.fill(0);
        return effects;
      },
    }),
  ],
  [
    'wants only',
    /unknown effect: shout/,
    'shouts',
    changing((effects) => [...effects, { kind: 'shout' } as unknown as Effects[number]]),
  ],
  [
    'wants only',
    /unknown effect: send/,
    'writes to strangers',
    changing((effects) => [...effects, { kind: 'send', to: 'n99', msg: 'hello' }]),
  ],
  [
    'applies every index',
    /index 1 was applied after 1/,
    'applies the first entry twice',
    changing((effects) =>
      effects.flatMap((each) => (each.kind === 'apply' && each.index === 1 ? [each, each] : [each])),
    ),
  ],
  [
    'applies every index',
    /nothing was ever applied/,
    'is silent',
    changing((effects) => effects.filter(({ kind }) => kind !== 'send')),
  ],
  [
    'applies the same',
    /had been applied before/,
    'reads something else into an entry, on one replica',
    changing((effects, id) =>
      effects.map((each) => (id === 'n2' && each.kind === 'apply' ? { ...each, payload: new Uint8Array([1]) } : each)),
    ),
  ],
  [
    'applies the same',
    agreementBroken,
    'writes nothing down',
    changing((effects) => effects.filter(({ kind }) => kind !== 'persist')),
  ],
  [
    'applies the same',
    agreementBroken,
    'answers before it has written anything down',
    changing((effects) => effects.map((each) => (each.kind === 'send' ? { ...each, eager: true } : each))),
  ],
  [
    'makes progress',
    /was not applied everywhere/,
    'never writes, on one replica',
    changing((effects, id) => effects.filter(({ kind }) => id !== 'n3' || kind !== 'send')),
  ],
  [
    'looks sane',
    /looking twice/,
    'counts who looks',
    (honest) => ({ view: () => ({ ...honest.view(), lastIndex: 1e6 + nextNumber() }) }),
  ],
  [
    'looks sane',
    /its leader is no member/,
    'follows a stranger',
    (honest) => ({ view: () => ({ ...honest.view(), leader: 'n9' }) }),
  ],
  [
    'looks sane',
    /was applied, but/,
    'hides its commits',
    (honest) => ({ view: () => ({ ...honest.view(), commitIndex: 0 }) }),
  ],
  [
    'applies the same',
    /is no snapshot/,
    'makes something else of what it receives of a snapshot',
    changing((effects) =>
      effects.map((each) => (each.kind === 'receive' ? { ...each, bytes: each.bytes.map(() => 120) } : each)),
    ),
  ],
  [
    'has a spelling',
    /-1 is no safe non-negative integer/,
    'sends a term that has no spelling',
    changing((effects) =>
      effects.map((each) => (each.kind === 'send' ? { ...each, msg: { ...(each.msg as object), term: -1 } } : each)),
    ),
  ],
  [
    'goes through all',
    /snapshots were never read for another replica, nor installed/,
    'sends its snapshots to nobody',
    changing((effects) => effects.filter(({ kind }) => kind !== 'load')),
  ],
  [
    'goes through all',
    /snapshots were never begun from with a log that begins late/,
    'gives up nothing',
    changing((effects) => effects.filter(({ kind }) => kind !== 'compact')),
  ],
  [
    'takes timers',
    /it made something of that/,
    'answers whatever comes',
    changing((effects) => [...effects, { kind: 'cancel', timer: 'election' }]),
  ],
  [
    'applies the same',
    /now was called/,
    'looks at the clock',
    (honest) => ({ step: (input) => (Date.now() > 0 ? honest.step(input) : []) }),
  ],
  [
    'applies the same',
    /random was called/,
    'throws a die',
    (honest) => ({ step: (input) => (Math.random() < 1 ? honest.step(input) : []) }),
  ],
];

/** What the requirement says of a protocol; undefined where it has nothing to say on any of the seeds. */
function complaintOf(requirement: string, definition: AnyProtocol): string | undefined {
  const found = requirements.find(({ name }) => name.startsWith(requirement));
  if (found === undefined) throw new RangeError(`there is no requirement "${requirement}"`);
  for (const seed of seeds) {
    try {
      withoutClockOrChance(() => found.check(definition, seed));
    } catch (error) {
      return (error as Error).message;
    }
  }
  return undefined;
}

describe('the suite itself finds a replica that', () => {
  test.each(sabotages)('(%s: %s) %s', async (requirement, complaint, _what, sabotage) => {
    const raft = await loadProtocol('raft');
    const broken: AnyProtocol = {
      ...raft,
      create: (config) => {
        const honest = raft.create(config);
        const plain: Replica = {
          start: (records) => honest.start(records),
          step: (input) => honest.step(input),
          view: () => honest.view(),
        };
        return { ...plain, ...sabotage(plain, config.id) };
      },
    };
    expect(complaintOf(requirement, broken)).toMatch(complaint);
  });
});
