/**
 * A hundred thousand frames that no honest replica sent in this way: garbled, cut, lengthened, spliced of two, with lengths
 * that lie, or sent again, from whoever they were of and from others. They go the way of a process behind its sockets; those
 * are `process.test.ts`.
 */
import { randomInt } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { write } from './corpus-fixture.ts';
import { Fuzz, total } from './fuzz-fixture.ts';
import { members, type WireGroup } from './group-fixture.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(1, 2 ** 31 - 1));
/** By the mode of the protocol. */
const roundsIn = { 'all-to-all': 20, fast: 4, linear: 4 } as const;
const framesARound = 5000;
const reasons = [
  ...(['invalid', 'old-view', 'early', 'outside-window'] as const),
  ...(['known', 'unasked', 'unanswerable', 'own-name'] as const),
];

/** In bytes, of what is still in use. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}

/** All that was acknowledged is there, and is the same everywhere. */
function expectAgreement(group: WireGroup): void {
  write(group, 10);
  for (const [key, value] of group.written) {
    expect(group.call({ op: 'get', key })).toMatchObject({ kind: 'answered', result: { status: 'ok', value } });
  }
  group.pass(2000);
  // One that has given up a view alone learns what the others decide, and waits for the next.
  const states = group.replicas.map((replica) => [replica.stateHash(), replica.appliedIndex]);
  expect(new Set(states.map(String)).size).toBe(1);
}

test.each(Object.entries(roundsIn))(
  `in the mode %s damaged frames stop no replica, and each is accounted for (FUZZ_SEED=${seed})`,
  {
    timeout: 300_000,
  },
  (mode, rounds) => {
    const fuzz = new Fuzz(seed, mode);
    const { group, account } = fuzz;
    let heapAfterSome = 0;
    for (let round = 0; round < rounds; round += 1) {
      fuzz.round(members[round % members.length] ?? 'n1', framesARound);
      expect(group.stopped).toEqual([]);
      for (const replica of group.replicas) expect(replica.memoryUse().heldBytes).toBeLessThan(100_000);
      if (round === rounds / 4) heapAfterSome = heapInUse();
    }
    expect(heapInUse() - heapAfterSome).toBeLessThan(16 << 20);
    expectAgreement(group);

    const { flawed, refused, sound, carried, undecodable, taken } = account;
    const [flawedFrames = 0, refusedMessages = 0] = [flawed, refused].map((each) => total(Object.fromEntries(each)));
    expect(flawedFrames + sound).toBe(rounds * framesARound);
    expect(undecodable + refusedMessages + taken).toBe(carried);
    // Of each kind there is enough for the test to say something.
    for (const why of ['frame-undecodable', 'frame-out-of-order']) expect(flawed.get(why)).toBeGreaterThan(50 * rounds);
    for (const why of reasons) expect(refused.get(why), why).toBeGreaterThan(10 * rounds);
    expect(taken).toBeGreaterThan(50 * rounds);
    expect(account.forged).toBeGreaterThan(250 * rounds);
    expect(account.forgedAndTaken).toBe(0);
  },
);
