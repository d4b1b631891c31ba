import { expect, test } from 'vitest';
import type { Model } from '../../contracts/workloads.ts';
import { registerModel } from '../../workloads/register.ts';
import { judge } from './judge.ts';
import { orderOperations } from './ordered-operation.ts';
import { play } from './play.ts';

const limits = { timeMs: 10_000, maxStates: 100_000 };

function evidence<S>(text: string, model: Model<S>) {
  const judgement = judge(model, orderOperations(play(text)), limits);
  expect(judgement.verdict).toBe('invalid');
  expect(judgement.evidence).toHaveLength(1);
  return judgement.evidence[0];
}

const sentences = (text: string): string => (evidence(text, registerModel)?.sentences ?? []).join('\n');

test('a stale read', () => {
  const text = '1 write k3 17\n1 ok\n2 write k3 21\n2 ok\n5 read k3\n5 ok 21\n4 read k3\n4 ok 17';
  expect(sentences(text)).toMatchInlineSnapshot(`
    "Client process 4 read k3 between 0.060 s and 0.070 s and got 17.
    Client process 1 wrote 17 to k3 between 0.000 s and 0.010 s, so 17 was there by 0.010 s.
    But 17 had been overwritten by write 21 of process 2, acknowledged at 0.030 s, before that read began at 0.060 s.
    No order of these operations fits a single copy of k3: going by the others, it held 21."
  `);
  expect(evidence(text, registerModel)).toMatchObject({ ops: [0, 1, 3], fromMs: 0, toMs: 70 });
});

test('a stale cas', () => {
  const text = '1 write k3 17\n1 ok\n2 write k3 21\n2 ok\n5 read k3\n5 ok 21\n4 cas k3 [17,30]\n4 ok true';
  expect(sentences(text)).toMatchInlineSnapshot(`
    "Client process 4 changed k3 from 17 to 30 between 0.060 s and 0.070 s.
    Client process 1 wrote 17 to k3 between 0.000 s and 0.010 s, so 17 was there by 0.010 s.
    But 17 had been overwritten by write 21 of process 2, acknowledged at 0.030 s, before that compare-and-set began at 0.060 s.
    No order of these operations fits a single copy of k3: going by the others, it held 21."
  `);
});

test('a lost write', () => {
  expect(sentences('1 write k 5\n1 ok\n2 write k 6\n2 ok\n3 read k\n3 ok 5')).toMatchInlineSnapshot(`
    "Client process 3 read k between 0.040 s and 0.050 s and got 5.
    Client process 1 wrote 5 to k between 0.000 s and 0.010 s, so 5 was there by 0.010 s.
    But 5 had been overwritten by write 6 of process 2, acknowledged at 0.030 s, before that read began at 0.040 s.
    Nobody ever saw 6, and nothing else was written after it: an acknowledged write is lost.
    No order of these operations fits a single copy of k: going by the others, it held 6."
  `);
});

test('everything lost', () => {
  expect(sentences('1 write k 5\n1 ok\n3 read k\n3 ok')).toMatchInlineSnapshot(`
    "Client process 3 read k between 0.020 s and 0.030 s and got null.
    But a value had been put there by write 5 of process 1, acknowledged at 0.010 s, before that read began at 0.020 s.
    Nobody ever saw 5, and nothing else was written after it: an acknowledged write is lost.
    No order of these operations fits a single copy of k: going by the others, it held 5."
  `);
});

test('a value from nowhere', () => {
  expect(sentences('1 write k 5\n1 ok\n3 read k\n3 ok 9')).toMatchInlineSnapshot(`
    "Client process 3 read k between 0.020 s and 0.030 s and got 9.
    But nobody ever wrote 9.
    This operation does not fit a single copy of k."
  `);
});

test('a value from the future', () => {
  expect(sentences('3 read k\n3 ok 5\n1 write k 5\n1 ok')).toMatchInlineSnapshot(`
    "Client process 3 read k between 0.000 s and 0.010 s and got 5.
    But nobody had written 5 by then: process 1 began to write it only at 0.020 s.
    This operation does not fit a single copy of k."
  `);
});

test('a value that was reported as not written', () => {
  expect(sentences('1 write k 5\n1 fail\n3 read k\n3 ok 5')).toMatchInlineSnapshot(`
    "Client process 3 read k between 0.020 s and 0.030 s and got 5.
    But the write of 5 by process 1 was reported at 0.010 s as not having happened, and nobody else wrote it.
    This operation does not fit a single copy of k."
  `);
});

test('a refusal without a reason', () => {
  expect(sentences('1 write k 5\n1 ok\n2 cas k [5,6]\n2 ok false')).toMatchInlineSnapshot(`
    "Client process 2 asked to change k from 5 to 6 between 0.020 s and 0.030 s, and was refused because k did not hold 5.
    Client process 1 wrote 5 to k between 0.000 s and 0.010 s, so 5 was there by 0.010 s.
    But nothing that could have replaced 5 had begun when it was refused.
    No order of these operations fits a single copy of k: going by the others, it held 5."
  `);
});

test('a refusal at the very beginning', () => {
  expect(sentences('2 cas k [null,6]\n2 ok false')).toMatchInlineSnapshot(`
    "Client process 2 asked to change k from null to 6 between 0.000 s and 0.010 s, and was refused because k did not hold null.
    But nothing that could have replaced null had begun when it was refused.
    This operation does not fit a single copy of k, which held null."
  `);
});

test('reads that go back while a write is under way', () => {
  expect(sentences('1 write k 5\n2 read k\n2 ok 5\n3 read k\n3 ok\n1 ok')).toMatchInlineSnapshot(`
    "Client process 1 began to write 5 to k at 0.000 s, and had no answer by then.
    Client process 2 read k between 0.010 s and 0.020 s and got 5.
    Client process 3 read k between 0.030 s and 0.040 s and got null.
    No order of these operations fits a single copy of k: going by the others, it held 5."
  `);
});

test('two readers that disagree on the order of two writes', () => {
  const writes = '1 write k 5\n2 write k 6\n1 ok\n2 ok';
  expect(
    sentences(`${writes}\n3 read k\n4 read k\n3 ok 5\n4 ok 6\n3 read k\n3 ok 6\n4 read k\n4 ok 5`),
  ).toMatchInlineSnapshot(`
    "Client process 1 wrote 5 to k between 0.000 s and 0.020 s.
    Client process 2 wrote 6 to k between 0.010 s and 0.030 s.
    Client process 3 read k between 0.040 s and 0.060 s and got 5.
    Client process 4 read k between 0.050 s and 0.070 s and got 6.
    No order of these operations fits a single copy of k: going by the others, it held 5."
  `);
});

test('two cas that both won', () => {
  expect(sentences('1 cas k [null,5]\n2 cas k [null,6]\n1 ok true\n2 ok true')).toMatchInlineSnapshot(`
    "Client process 1 changed k from null to 5 between 0.000 s and 0.020 s.
    Client process 2 changed k from null to 6 between 0.010 s and 0.030 s.
    No order of these operations fits a single copy of k: going by the others, it held 5."
  `);
});

test('operations of another kind are told in the words of their model, and a long list says what it leaves out', () => {
  const counter: Model<number> = {
    initial: 0,
    step: (state, op, result) => (op.f === 'add' ? { state: state + 1 } : result === state ? { state } : null),
    stateKey: (state) => state,
    describe: (op) => (op.f === 'add' ? `add 1 to ${op.key}` : `read ${op.key} -> ${op.result}`),
    describeState: String,
  };
  const adds = '1 add k\n1 ok\n'.repeat(9);
  expect(evidence(`${adds}2 read k\n2 ok 8`, counter)?.sentences.join('\n')).toMatchInlineSnapshot(`
    "Showing 8 of the 10 operations that contradict each other.
    Client process 1: add 1 to k between 0.040 s and 0.050 s.
    Client process 1: add 1 to k between 0.060 s and 0.070 s.
    Client process 1: add 1 to k between 0.080 s and 0.090 s.
    Client process 1: add 1 to k between 0.100 s and 0.110 s.
    Client process 1: add 1 to k between 0.120 s and 0.130 s.
    Client process 1: add 1 to k between 0.140 s and 0.150 s.
    Client process 1: add 1 to k between 0.160 s and 0.170 s.
    Client process 2 read k between 0.180 s and 0.190 s and got 8.
    No order of these operations fits a single copy of k: going by the others, it held 9."
  `);
});
