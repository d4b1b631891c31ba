import { expect, test } from 'vitest';
import { Audit } from './audit-fixture.ts';
import { Group, type Letter, Signer } from './group-fixture.ts';
import { checkpointInterval } from './history.ts';
import type { PbftMessage } from './messages.ts';
import { origin } from './signed-fixture.ts';

const nothingStable = { slot: 0, digest: origin, signatures: [] };

/** Without what tells n1 how far a quorum has come, but for the snapshots that it has saved. */
const noCheckpoints = ({ to, msg }: Letter): boolean => to !== 'n1' || !['checkpoint', 'stable'].includes(msg.type);

// A snapshot and a checkpoint of one slot are vouched for in messages of their own, of which either may be late.
test('a primary whose snapshot is proven before its checkpoint is proposes nothing else in its slots after a restart', () => {
  const group = new Group({ snapshotAfterBytes: 60 });
  const audit = new Audit();
  const listen = (letter: Letter) => {
    audit.hear(letter.msg);
    return noCheckpoints(letter);
  };
  for (let slot = 1; slot <= checkpointInterval; slot += 1) group.write(`b${slot}`);
  group.deliver(listen);
  group.crash('n1');
  group.start('n1');
  group.write('c');
  group.deliver(listen);
  expect(audit.findings).toEqual([]);
});

// n4 has shared in all slots of view 0, and a quorum has told it the state that came of them.
test('a replica that was given a state reports what it has shared, until the checkpoint is stable', () => {
  const group = new Group({ snapshotAfterBytes: 60 });
  const audit = new Audit();
  const hearing = (passes: (letter: Letter) => boolean) => (letter: Letter) => {
    audit.hear(letter.msg);
    return passes(letter);
  };
  const toN4 = (...types: readonly PbftMessage['type'][]) =>
    hearing(({ to, msg }) => to !== 'n4' || types.includes(msg.type));
  for (let slot = 1; slot <= checkpointInterval; slot += 1) group.write(`b${slot}`);
  group.deliver(toN4('propose'));
  for (let beat = 0; beat < 4; beat += 1) group.beat(1, toN4('status', 'manifest', 'piece', 'fetch-piece'));
  expect(group.actor('n4').view()).toMatchObject({ commitIndex: checkpointInterval, epoch: 0 });
  const change = (by: string) => new Signer(by).change({ view: 1, slots: [], stable: nothingStable });
  group.hear('n4', 'n2', change('n2'));
  group.hear('n4', 'n3', change('n3'));
  const said = group.letters.flatMap(({ from, msg }) => (from === 'n4' && msg.type === 'view-change' ? [msg] : []));
  expect(said[0]?.slots.map(({ slot, share }) => [slot, share?.view])).toEqual(
    Array.from({ length: checkpointInterval }, (_, offset) => [offset + 1, 0]),
  );
  group.deliver(toN4());
  expect(audit.findings.filter(({ culprit }) => culprit === 'n4')).toEqual([]);
});
