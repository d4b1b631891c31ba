import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../contracts/operations.ts';
import { pairOperations, parseHistory, serialiseLines } from '../../history.ts';
import type { BenchOperation } from '../contracts.ts';
import { Histories } from './histories.ts';

const read = (key = 'k'): BenchOperation => ({ kind: 'read', key });
const update = (value: string, key = 'k'): BenchOperation => ({ kind: 'update', key, value });

/** What happened, in short: `invoke 1 p1 write 1`. */
function short(events: readonly HistoryEvent[]): string[] {
  return events.map((event) => {
    const what = event.type === 'invoke' ? `${event.f} ` : '';
    return `${event.type} ${event.op} p${event.process} ${what}${event.value}`;
  });
}

function both(histories: Histories, lane: number, operation: BenchOperation, seen?: string | null): void {
  histories.complete(histories.invoke(lane, operation), lane, 'ok', seen);
}

describe('a history', () => {
  it('numbers values, the same for who wrote and who read it', () => {
    const histories = new Histories(new Set(['k']));
    both(histories, 0, read(), null);
    both(histories, 0, update('aa'));
    both(histories, 0, update('bb'));
    both(histories, 1, read(), 'aa');
    both(histories, 1, read(), 'from nowhere');
    expect(short(histories.events)).toEqual([
      ...['invoke 1 p1 read null', 'ok 1 p1 null'],
      ...['invoke 2 p1 write 1', 'ok 2 p1 null'],
      ...['invoke 3 p1 write 2', 'ok 3 p1 null'],
      ...['invoke 4 p2 read null', 'ok 4 p2 1'],
      ...['invoke 5 p2 read null', 'ok 5 p2 3'],
    ]);
    expect(histories.operations).toBe(5);
  });

  it('has both ends of operations that overlap, each after its beginning', () => {
    const histories = new Histories(new Set(['k']));
    const first = histories.invoke(0, update('aa'));
    const second = histories.invoke(1, read());
    histories.complete(second, 1, 'ok', 'aa');
    histories.complete(first, 0, 'failed', undefined);
    expect(short(histories.events)).toEqual([
      'invoke 1 p1 write 1',
      'invoke 2 p2 read null',
      'ok 2 p2 1',
      'fail 1 p1 null',
    ]);
    const times = histories.events.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('goes on as a new process after an end that nobody knows', () => {
    const histories = new Histories(new Set(['k']));
    histories.complete(histories.invoke(0, update('aa')), 0, 'unknown', undefined);
    both(histories, 0, read(), null);
    both(histories, 0, read(), null);
    expect(short(histories.events).map((line) => line.split(' ')[2])).toEqual(['p1', 'p1', 'p2', 'p2', 'p2', 'p2']);
    expect(parseHistory(serialiseLines(histories.events), 'history.jsonl')).toEqual(histories.events);
  });

  it('has other processes in the next job, and knows the values of the last', () => {
    const histories = new Histories(new Set(['k']));
    both(histories, 0, update('aa'));
    histories.nextJob();
    both(histories, 0, read(), 'aa');
    expect(short(histories.events).slice(2)).toEqual(['invoke 2 p2 read null', 'ok 2 p2 1']);
  });

  it('leaves out other keys, and scans', () => {
    const histories = new Histories(new Set(['k']));
    expect(histories.invoke(0, read('other'))).toBe(0);
    expect(histories.invoke(0, { kind: 'scan', key: 'k', count: 2 })).toBe(0);
    expect(histories.events).toEqual([]);
    expect([histories.sampling, new Histories(new Set()).sampling]).toEqual([true, false]);
  });
});

describe('past the bound', () => {
  const bound = 10;

  /** A write of `old` that was carried out, then so many reads that one more operation reaches the bound. */
  function nearlyFull(): Histories {
    const histories = new Histories(new Set(['k']), bound);
    both(histories, 0, update('old'));
    for (let op = 2; op < bound; op += 1) both(histories, 0, read(), 'old');
    return histories;
  }

  it('nothing more is recorded, and what a read saw that was under way then says nothing', () => {
    const histories = nearlyFull();
    const last = histories.invoke(1, read());
    expect(last).toBe(bound);
    // It sees a write of which the history does not know.
    expect(histories.invoke(2, update('new'))).toBe(0);
    histories.complete(last, 1, 'ok', 'new');
    expect(histories.invoke(1, read())).toBe(0);
    expect(histories.operations).toBe(bound);
    expect(short(histories.events.slice(-3))).toEqual([
      `ok ${bound - 1} p1 1`,
      `invoke ${bound} p2 read null`,
      `info ${bound} p2 null`,
    ]);
    expect(pairOperations(histories.events).at(-1)).toMatchObject({ type: 'info', result: null });
  });

  it('a write that was under way then keeps its end', () => {
    const histories = nearlyFull();
    const last = histories.invoke(1, update('new'));
    histories.complete(last, 1, 'ok', undefined);
    expect(short(histories.events.slice(-1))).toEqual([`ok ${bound} p2 null`]);
  });
});
