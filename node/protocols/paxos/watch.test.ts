import { describe, expect, test } from 'vitest';
import { cancel, effectsOf, rolesOf, timer } from './replica-fixture.ts';
import { Watch } from './watch.ts';

function watching() {
  const { config, out } = rolesOf();
  const watch = new Watch(config, out);
  const look = (chosenTo: number, open: boolean) => effectsOf({ out }, () => watch.look(chosenTo, open));
  return { watch, look, out };
}

describe('the watch over open slots', () => {
  test('waits for an election time-out from when a slot is open, and anew with each that is chosen', () => {
    const { look } = watching();
    expect(look(0, false)).toEqual([]);
    expect(look(0, true)).toEqual([timer('watch', 150, 300)]);
    expect(look(0, true)).toEqual([]);
    expect(look(1, true)).toEqual([timer('watch', 150, 300)]);
    expect(look(2, false)).toEqual([cancel('watch')]);
    expect(look(2, false)).toEqual([]);
  });

  test('waits anew where another is at work, and less long where that one has most likely ended', () => {
    const { watch, look, out } = watching();
    expect(effectsOf({ out }, () => watch.hold())).toEqual([]);
    look(0, true);
    expect(effectsOf({ out }, () => watch.hold())).toEqual([timer('watch', 150, 300)]);
    expect(effectsOf({ out }, () => watch.hurry())).toEqual([timer('watch', 0, 150)]);
  });

  test('is over once, and begins again where the slot is open still', () => {
    const { watch, look } = watching();
    look(0, true);
    expect(watch.onTimeout()).toBe(true);
    expect(watch.onTimeout()).toBe(false);
    expect(look(0, true)).toMatchObject([{ kind: 'timer', timer: 'watch' }]);
  });

  test('waits twice as long each time that it was over, up to a bound, and less again with each slot that is chosen', () => {
    const { watch, look } = watching();
    look(0, true);
    watch.onTimeout();
    expect(look(0, true)).toEqual([timer('watch', 300, 600)]);
    for (let times = 0; times < 5; times += 1) {
      watch.onTimeout();
      look(0, true);
    }
    watch.onTimeout();
    expect(look(0, true)).toEqual([timer('watch', 600, 1200)]);
    expect(look(1, true)).toEqual([timer('watch', 540, 1080)]);
    for (let slot = 2; slot < 30; slot += 1) look(slot, true);
    expect(look(30, true)).toEqual([timer('watch', 150, 300)]);
  });
});
