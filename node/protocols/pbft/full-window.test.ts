import { expect, test } from 'vitest';
import { Group, type Letter } from './group-fixture.ts';
import { windowSlots } from './history.ts';

/**
 * n4 takes part in all but checkpoints, so that the window of n1 and n2 fills, and a quorum saves the state at its end. n3 missed
 * all of it; n4 gives it that state, and is silent from then on.
 */
test.each([
  ['', false],
  [', also after it starts again', true],
])('the window moves on with a replica that took over the state at its end%s', (_, restarts) => {
  const group = new Group({ snapshotAfterBytes: 30_000 });
  const isHeld = ({ from, msg }: Letter) => from === 'n4' && ['checkpoint', 'stable'].includes(msg.type);
  const withoutN3 = (letter: Letter) => letter.from !== 'n3' && letter.to !== 'n3' && !isHeld(letter);
  for (let slot = 1; slot <= windowSlots; slot += 1) {
    group.write(`b${slot}`, ['n1', 'n2', 'n4']);
    group.deliver(withoutN3);
  }
  group.beat(3, (letter) => [letter.from, letter.to].sort().join() === 'n3,n4' && !isHeld(letter));
  expect(group.actors.map(({ appliedIndex }) => appliedIndex)).toEqual(Array(4).fill(windowSlots));
  group.crash('n4');
  if (restarts) {
    group.crash('n3');
    group.start('n3');
  }
  group.write('more', ['n1', 'n2', 'n3']);
  for (let round = 0; round < 10; round += 1) {
    group.beat(3);
    group.fire('progress');
    group.fire('view');
  }
  expect(['n1', 'n2', 'n3'].map((id) => group.actor(id).appliedIndex)).toEqual(Array(3).fill(windowSlots + 1));
});
