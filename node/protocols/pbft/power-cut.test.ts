/** The power goes when a snapshot is durable, and the records of what led to it are not. */
import { describe, expect, test } from 'vitest';
import { Group, type Letter } from './group-fixture.ts';
import { checkpointInterval, windowSlots } from './history.ts';

const texts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => `b${from + at}`);

// n1 and n2 have a snapshot each, n3 missed all that led to it, and n4, who does not lack anything, is silent from then on.
test('what led to it can be learned of those that have it', () => {
  const group = new Group({ snapshotAfterBytes: 11_000 });
  const saved = 3 * checkpointInterval;
  const last = saved + 2 * windowSlots;
  const withoutN3 = ({ from, to }: Letter) => from !== 'n3' && to !== 'n3';
  const cut = ['n1', 'n2'].map((id) => group.actor(id));
  for (const text of texts(1, saved - 1)) {
    group.write(text, ['n1', 'n2', 'n4']);
    group.deliver(withoutN3);
  }
  for (const actor of cut) actor.syncsAtOnce = false;
  group.write(`b${saved}`, ['n1', 'n2', 'n4']);
  // Votes are said once they are durable; what is decided by them is applied at once.
  for (let round = 0; round < 20; round += 1) {
    for (const actor of cut) if (actor.appliedIndex < saved) actor.sync();
    group.deliver(withoutN3);
  }
  group.crash('n4');
  for (const actor of cut) {
    expect(actor.unsyncedCount).toBeGreaterThan(0);
    group.crash(actor.id);
    actor.syncsAtOnce = true;
    group.start(actor.id);
    expect(actor.appliedIndex).toBe(saved);
  }
  for (const text of texts(saved + 1, last)) {
    group.write(text, ['n1', 'n2', 'n3']);
    group.deliver();
    group.beat();
  }
  for (let round = 0; round < 10; round += 1) {
    group.beat(3);
    group.fire('progress');
    group.fire('view');
  }
  const all = group.applied.get('n3') ?? [];
  // One may be decided again, in a later view.
  expect([...new Set(all)]).toEqual(texts(1, last));
  for (const id of ['n1', 'n2']) expect(group.applied.get(id)).toEqual(all.slice(saved));
});

/** n4 has a snapshot of the third checkpoint and a log of four slots; the log of the others begins behind a proven snapshot. */
function groupWithout(proven: number): Group {
  const group = new Group({ snapshotAfterBytes: 1 });
  const n4 = group.actor('n4');
  for (let slot = 1; slot <= 3 * checkpointInterval; slot += 1) {
    n4.syncsAtOnce = slot <= 4;
    for (const actor of group.actors) if (actor !== n4) actor.errandsAtOnce = slot <= proven;
    group.write(`b${slot}`);
    group.deliver();
  }
  for (const { id } of group.actors) expect(group.actor(id).appliedIndex).toBe(3 * checkpointInterval);
  restart(group, 'n4');
  n4.syncsAtOnce = true;
  return group;
}

function restart(group: Group, id: string): void {
  group.crash(id);
  group.start(id);
}

function goesOn(group: Group, slot: number): void {
  group.beat(3);
  group.write(`b${slot}`);
  group.deliver();
  expect(group.actors.map(({ appliedIndex }) => appliedIndex)).toEqual(Array(4).fill(slot));
}

describe.each([2, 3])('where the others have the log only from the checkpoint %i on', (checkpoints) => {
  const saved = 3 * checkpointInterval;

  test('it goes on there, without the state of another replica', () => {
    const group = groupWithout(checkpoints * checkpointInterval);
    const asked: string[] = [];
    const listen = ({ from, msg }: Letter) => {
      if (from === 'n4') asked.push(msg.type);
      return true;
    };
    group.beat(3, listen);
    expect(asked).toContain('fetch');
    expect(asked).not.toContain('fetch-piece');
    goesOn(group, saved + 1);
    expect(group.applied.get('n4')).toEqual([`b${saved + 1}`]);
  });

  test('it does so in each later life', () => {
    const group = groupWithout(checkpoints * checkpointInterval);
    goesOn(group, saved + 1);
    for (let life = 2; life <= 3; life += 1) {
      restart(group, 'n4');
      goesOn(group, saved + life);
    }
  });
});

test('a state that a quorum has too is given to others', () => {
  const group = groupWithout(3 * checkpointInterval);
  group.beat(3);
  group.hear('n4', 'n3', { type: 'fetch', from: 1 }, { type: 'fetch-piece', slot: 3 * checkpointInterval, piece: 0 });
  expect(group.letters.map(({ from, msg }) => [from, msg.type])).toEqual([
    ['n4', 'manifest'],
    ['n4', 'piece'],
  ]);
});
