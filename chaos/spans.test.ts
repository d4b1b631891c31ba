import { describe, expect, it } from 'vitest';
import { lengthMs, subtract } from './spans.ts';

describe('subtract', () => {
  it('leaves what no hole covers', () => {
    const holes = [
      { fromMs: 50, toMs: 80 },
      { fromMs: -10, toMs: 10 },
      { fromMs: 60, toMs: 70 },
      { fromMs: 95, toMs: 200 },
    ];
    const left = subtract({ fromMs: 0, toMs: 100 }, holes);
    expect(left).toEqual([
      { fromMs: 10, toMs: 50 },
      { fromMs: 80, toMs: 95 },
    ]);
    expect(lengthMs(left)).toBe(55);
  });

  it('leaves nothing of what is covered', () => {
    expect(subtract({ fromMs: 0, toMs: 100 }, [{ fromMs: 0, toMs: 100 }])).toEqual([]);
    expect(subtract({ fromMs: 5, toMs: 5 }, [])).toEqual([]);
    expect(lengthMs([])).toBe(0);
  });
});
