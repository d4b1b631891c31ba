import { expect, test } from 'vitest';
import { encodeDated } from './bundle.ts';
import { encodeBatch, encodeResult } from './machine/command.ts';
import { bundleOf, query, registration, stage, type TestInput } from './scripted-replica.ts';

/** What is asked is written down and applied at once, before that is durable. */
const appliesAtOnce = (input: TestInput) =>
  input.kind === 'request'
    ? ([
        { kind: 'persist', record: 'decided' },
        { kind: 'apply', index: input.id, payload: input.payload, eager: true },
      ] as const)
    : [];

function asked(quorumReads: boolean) {
  const it = stage(appliesAtOnce, { signs: true, quorumReads });
  it.begin();
  it.replica.request('c1', { id: 7, access: 'write', command: bundleOf(registration) });
  it.clock.endTurn();
  return it;
}

const answered = { client: 'c1', reply: { id: 7, status: 'ok', result: encodeBatch([encodeResult('ok', '1')]) } };

test('a replica applies what is decided and says so, before its disk has it', () => {
  const { replica, replies } = asked(false);
  expect(replica.appliedIndex).toBe(1);
  expect(replies).toEqual([answered]);
});

// Berger, Reiser and Bessani (2021): a quorum of a read shares an honest replica with that of a write; it must not have forgotten it.
test('with quorum reads it applies as early, and says so when its disk has it', () => {
  const { replica, replies, disk } = asked(true);
  expect(replica.appliedIndex).toBe(1);
  expect(replies).toEqual([]);
  disk.sync();
  expect(replies).toEqual([answered]);
});

test('what it says again or of its state waits no less: it may be read as it is on no disk yet', () => {
  const { replica, replies, disk, clock } = asked(true);
  replica.request('c2', { id: 8, access: 'write', command: bundleOf(registration) });
  replica.request('c3', { id: 9, access: 'read', command: bundleOf(query) });
  clock.endTurn();
  expect(replies).toEqual([]);
  disk.sync();
  const result = encodeBatch([encodeDated({ since: 0, result: encodeResult('ok', null) })]);
  expect(replies).toEqual([
    answered,
    { client: 'c2', reply: { ...answered.reply, id: 8 } },
    { client: 'c3', reply: { id: 9, status: 'ok', result } },
  ]);
});

test('what rests on a disk already is said at once, also by a replica that begins from it', () => {
  const { replica, replies, clock, beginFrom } = stage(() => [], { signs: true, quorumReads: true });
  beginFrom({ records: ['decided'], firstPosition: 5 }, { kind: 'apply', index: 1, payload: new Uint8Array(0) });
  replica.request('c1', { id: 1, access: 'write', command: new Uint8Array(0) });
  clock.endTurn();
  expect(replies).toEqual([{ client: 'c1', reply: { id: 1, status: 'rejected' } }]);
});

test('one that is killed says nothing of it', () => {
  const { replies, disk, end } = asked(true);
  end.abort();
  disk.sync();
  expect(replies).toEqual([]);
});
