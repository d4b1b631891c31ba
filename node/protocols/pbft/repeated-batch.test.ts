/** A batch that is decided in two slots, as a malicious primary may have it: its bytes are written once, where they still are. */
import { expect, test } from 'vitest';
import { Bodies } from './bodies.ts';
import { Group, type Letter } from './group-fixture.ts';
import { checkpointInterval } from './history.ts';
import { bytes } from './signed-fixture.ts';

/** A checkpoint is behind each interval, and a snapshot behind each checkpoint. */
const snapshotAfterBytes = 1;
const notToLast = ({ to }: Letter): boolean => to !== 'n4';
/** n4 is told what is decided, and is given no part in it. */
const decidedToLast = ({ to, msg }: Letter): boolean => to !== 'n4' || msg.type === 'decided' || msg.type === 'status';

test('a replica that learned it from others finds it after a restart, though the first slot is in a snapshot', () => {
  const group = new Group({ snapshotAfterBytes });
  for (let slot = 1; slot < checkpointInterval - 1; slot += 1) group.write(`b${slot}`);
  group.write('same');
  group.deliver(notToLast);
  group.beat(4, decidedToLast);
  expect(group.applied.get('n4')?.at(-1)).toBe('same');
  group.write('between');
  group.write('same');
  group.deliver();
  expect(group.actor('n4').view()?.commitIndex).toBe(checkpointInterval + 1);
  group.crash('n4');
  group.start('n4');
  expect(group.actor('n4').view()?.commitIndex).toBe(checkpointInterval + 1);
});

test('a batch whose record is gone is written anew', () => {
  const bodies = new Bodies();
  bodies.keep('gone', bytes('a'), 4);
  bodies.keep('there', bytes('b'), 5);
  bodies.unwriteBefore(5);
  expect(bodies.get('gone')?.position).toBe(0);
  expect(bodies.get('there')?.position).toBe(5);
});
