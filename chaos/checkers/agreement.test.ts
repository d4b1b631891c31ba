/** What replicas applied, and the states that they ended in, on recordings made by hand. */
import { describe, expect, test } from 'vitest';
import type { LabEvent } from '../contracts/events.ts';
import type { CheckResult } from '../contracts/verdict.ts';
import { sampleRun } from '../sample-plan.ts';
import agreement from './agreement.ts';

const checked = (events: LabEvent[]) => agreement.check(sampleRun({ events }), { timeMs: 1000, maxStates: 1000 });

/** Every word of evidence, for a person. */
const words = ({ evidence }: Pick<CheckResult, 'evidence'>) =>
  evidence.flatMap(({ sentences }) => sentences).join('\n');

describe('agreement', () => {
  const applies = (node: string, index: number, hash: number, atMs = 100): LabEvent => {
    return { atMs, type: 'apply', node, index, hash };
  };
  const ends = (node: string, appliedIndex: number, stateHash: string | null): LabEvent => {
    return { atMs: 20_000, type: 'final', node, view: null, appliedIndex, stateHash };
  };

  test('the same at each index, and after a restart again, is valid', async () => {
    const events = ['n1', 'n2', 'n3', 'n1'].flatMap((node): LabEvent[] => [
      { atMs: 0, type: 'node-up', node },
      applies(node, 1, 7),
      applies(node, 2, 8),
    ]);
    const finals = ['n1', 'n2', 'n3'].map((node) => ends(node, 2, 'aa'));
    expect((await checked([...events, ...finals])).verdict).toBe('valid');
  });

  test('two commands at one index are named, with replicas and times', async () => {
    const result = await checked([applies('n1', 3, 7, 150), applies('n2', 3, 8, 950)]);
    expect(result.verdict).toBe('invalid');
    expect(words(result)).toMatch(/index 3\b/);
    expect(words(result)).toMatch(/n1\b.* at 0\.150 s/);
    expect(words(result)).toMatch(/n2\b.* at 0\.950 s/);
  });

  test('different states after the same entries are named', async () => {
    const result = await checked([applies('n1', 1, 7), ends('n1', 4, 'aa'), ends('n2', 4, 'bb')]);
    expect(result.verdict).toBe('invalid');
    expect(words(result)).toMatch(/aa.*n1.*bb.*n2|n1.*aa.*n2.*bb/s);
  });

  describe('where a state came from a snapshot', () => {
    const up = (node: string): LabEvent => ({ atMs: 0, type: 'node-up', node });
    const restores = (node: string, index: number, from: 'disk' | 'replica' = 'replica'): LabEvent => {
      return { atMs: 200, type: 'restore', node, index, from };
    };
    const others = ['n1', 'n2'].flatMap((node) => [
      up(node),
      ...[1, 2, 3, 4].map((index) => applies(node, index, index)),
    ]);
    const finals = ['n1', 'n2', 'n3'].map((node) => ends(node, 4, 'aa'));
    const verdictOf = async (third: LabEvent[]) => (await checked([...others, up('n3'), ...third, ...finals])).verdict;

    test('what is applied goes on behind it', async () => {
      expect(await verdictOf([restores('n3', 3), applies('n3', 4, 4)])).toBe('valid');
      expect(await verdictOf([applies('n3', 1, 1), restores('n3', 4)])).toBe('valid');
      expect(await verdictOf([applies('n3', 1, 1), up('n3'), restores('n3', 3, 'disk'), applies('n3', 4, 4)])).toBe(
        'valid',
      );
    });

    test('a gap behind it, or a life that began from nothing and says nothing of a snapshot, is not known', async () => {
      expect(await verdictOf([restores('n3', 2), applies('n3', 4, 4)])).toBe('unknown');
      expect(await verdictOf([restores('n3', 3), up('n3'), applies('n3', 4, 4)])).toBe('unknown');
      expect(await verdictOf([restores('n3', 3)])).toBe('unknown');
    });

    test('other commands behind it are found', async () => {
      expect(await verdictOf([restores('n3', 3), applies('n3', 4, 9)])).toBe('invalid');
    });

    test('another state is found, though nothing was applied that differs', async () => {
      const events = [...others, up('n3'), restores('n3', 4), ...finals.slice(0, 2), ends('n3', 4, 'bb')];
      expect((await checked(events)).verdict).toBe('invalid');
    });
  });

  describe('who is not in the group at the end', () => {
    const led = (node: string, epoch: number, voters: string[], appliedIndex: number, hash: string): LabEvent => {
      const view = {
        role: 'leader',
        epoch,
        leader: node,
        commitIndex: 2,
        lastIndex: 2,
        group: { voters, learners: [] },
      };
      return { atMs: 20_000, type: 'final', node, view, appliedIndex, stateHash: hash };
    };
    const all = ['n1', 'n2'].flatMap((node) => [applies(node, 1, 7), applies(node, 2, 8)]);

    test('may be behind, as nobody tells it anything', async () => {
      const finals = [led('n1', 3, ['n1', 'n2'], 2, 'aa'), ends('n2', 2, 'aa'), ends('n3', 1, 'bb')];
      expect((await checked([...all, applies('n3', 1, 7), ...finals])).verdict).toBe('valid');
    });

    test('is told by the last leader: one that was voted out may believe that it leads still', async () => {
      const finals = [led('n1', 3, ['n1', 'n2'], 2, 'aa'), ends('n2', 2, 'aa')];
      const old = led('n3', 2, ['n1', 'n2', 'n3'], 1, 'bb');
      expect((await checked([...all, applies('n3', 1, 7), ...finals, old])).verdict).toBe('valid');
    });

    test('must not have another state at the same index for that', async () => {
      const finals = [led('n1', 3, ['n1', 'n2'], 2, 'aa'), ends('n2', 2, 'aa'), ends('n3', 2, 'bb')];
      const events = [...all, applies('n3', 1, 7), applies('n3', 2, 8), ...finals];
      expect((await checked(events)).verdict).toBe('invalid');
    });

    test('excuses no member: one of the group that is behind cannot be compared', async () => {
      const finals = [led('n1', 3, ['n1', 'n2', 'n3'], 2, 'aa'), ends('n2', 2, 'aa'), ends('n3', 1, 'bb')];
      expect((await checked([...all, applies('n3', 1, 7), ...finals])).verdict).toBe('unknown');
    });
  });

  describe('what was not compared is not known', () => {
    const all = ['n1', 'n2', 'n3'].flatMap((node) => [applies(node, 1, 7), applies(node, 2, 8)]);
    const finals = (...third: LabEvent[]) => [ends('n1', 2, 'aa'), ends('n2', 2, 'aa'), ...third];

    test.each<[string, LabEvent[]]>([
      ['nothing was told', []],
      ['a replica has no final state', [...all, ...finals()]],
      ['a replica did not tell its final state', [...all, ...finals(ends('n3', 2, null))]],
      ['a final state is of another index', [...all.slice(0, -1), ...finals(ends('n3', 1, 'bb'))]],
      ['a final index is not what was applied', [...all, ...finals(ends('n3', 3, 'aa'))]],
      ['an applied entry is missing', [...all.filter((_, at) => at !== 2), ...finals(ends('n3', 2, 'aa'))]],
    ])('%s', async (_, events) => {
      expect((await checked(events)).verdict).toBe('unknown');
    });
  });
});
