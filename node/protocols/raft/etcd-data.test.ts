/**
 * Outside cases: the data with which etcd's raft library (https://github.com/etcd-io/raft, packages `quorum` and
 * `confchange`) tests its own majorities and changes of configuration. They lie beside the project and are no part of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../contract/ids.ts';
import {
  type Change,
  type Changed,
  type Configuration,
  emptyConfiguration,
  enterJoint,
  leaveJoint,
  members,
  simple,
} from './configuration.ts';
import { committedIndex, type Voters, voteResult } from './quorum.ts';

const folder = join(import.meta.dirname, '../../../../shared/data/raft');
const isAbsent = !existsSync(folder);
const reason = isAbsent ? ` (skipped: ${folder} is absent)` : '';

/** A line that asks, the lines that follow it, and what is expected of both. */
interface Case {
  /** File and line of the question. */
  readonly at: string;
  readonly file: string;
  readonly command: string;
  readonly input: string;
  readonly output: readonly string[];
}

/** All cases of one package, in order. A case ends with an empty line; comments begin with `#`. */
function casesOf(name: 'quorum' | 'confchange'): readonly Case[] {
  if (isAbsent) return [];
  const files = readdirSync(join(folder, name, 'testdata')).sort();
  return files.flatMap((file) => casesIn(file, readFileSync(join(folder, name, 'testdata', file), 'utf8')));
}

function casesIn(file: string, text: string): readonly Case[] {
  const lines = text.split('\n');
  const cases: Case[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const command = lines[at] as string;
    if (command === '' || command.startsWith('#')) continue;
    const separator = lines.indexOf('----', at);
    const end = lines.indexOf('', separator);
    const input = lines.slice(at + 1, separator).join(' ');
    cases.push({ at: `${file}:${at + 1}`, file, command, input, output: lines.slice(separator + 1, end) });
    at = end;
  }
  return cases;
}

const byNumber = (one: NodeId, other: NodeId): number => Number(one) - Number(other);

// ------------------------------------------------------------------------------------------------------- quorum

/** The values of `name=(a, b)`; none where it is not given, or is `zero`. */
function valuesOf(command: string, name: string): readonly string[] {
  const list = new RegExp(`\\b${name}=\\(([^)]*)\\)`).exec(command)?.[1];
  return list === undefined ? [] : list.split(',').map((value) => value.trim());
}

/** What stands for each voter, in the order in which the halves first name it; `_` stands for nothing. */
function givenTo({ voters, outgoing }: Voters, values: readonly string[]): Map<NodeId, string> {
  const ids = [...new Set([...voters, ...outgoing])];
  expect(values).toHaveLength(ids.length);
  return new Map(ids.map((id, at) => [id, values[at] as string] as const).filter(([, value]) => value !== '_'));
}

const swapped = ({ voters, outgoing }: Voters): Voters => ({ voters: outgoing, outgoing: voters });

/** The same voters in other words: halves swapped, and where one is empty, both halves the same. */
function equivalents(voters: Voters): readonly Voters[] {
  const [half, other] = [voters.voters, voters.outgoing];
  const doubled = other.length === 0 ? [{ voters: half, outgoing: half }] : [];
  return [voters, swapped(voters), ...doubled];
}

/** The table that etcd prints above an index, as far as it says who is known to store what. */
function tableOf(output: readonly string[]): Map<NodeId, string> {
  const rows = output.map((line) => /^x*> +(\d+) +\(id=([0-9a-f]+)\)$/.exec(line));
  return new Map(
    rows.flatMap((row) => (row === null ? [] : [[String(Number.parseInt(row[2] as string, 16)), row[1] as string]])),
  );
}

function checkCommitted(voters: Voters, { command, output }: Case): void {
  const given = givenTo(voters, valuesOf(command, 'idx'));
  expect([...given].sort()).toEqual([...tableOf(output)].sort());
  const last = output.at(-1)?.replace('<empty majority quorum>', '');
  const expected = last === '∞' ? Number.POSITIVE_INFINITY : Number(last);
  const indexes = new Map([...given].map(([id, value]) => [id, Number(value)]));
  for (const same of equivalents(voters)) {
    expect(committedIndex(same, (id) => indexes.get(id) ?? 0)).toBe(expected);
  }
  if (voters.outgoing.length > 0) return;
  // Who stores less than what is committed did not count, and could as well store nothing.
  for (const [low, index] of indexes) {
    if (index >= expected) continue;
    for (const lower of [index - 1, 0]) {
      expect(committedIndex(voters, (id) => (id === low ? lower : (indexes.get(id) ?? 0)))).toBe(expected);
    }
  }
}

const voteResults = { VoteWon: 'won', VotePending: 'pending', VoteLost: 'lost' } as const;

function checkVote(voters: Voters, { command, output }: Case): void {
  const given = givenTo(voters, valuesOf(command, 'votes'));
  const votes = new Map([...given].map(([id, vote]) => [id, vote === 'y']));
  expect(output).toHaveLength(1);
  const expected = voteResults[output[0] as keyof typeof voteResults];
  expect(expected).toBeDefined();
  for (const same of equivalents(voters)) expect(voteResult(same, votes)).toBe(expected);
}

describe.skipIf(isAbsent)(`etcd's cases of majorities${reason}`, () => {
  const cases = casesOf('quorum');

  test('there are 127 of them', () => {
    expect(cases).toHaveLength(127);
    expect(new Set(cases.map(({ command }) => command.split(' ')[0]))).toEqual(new Set(['committed', 'vote']));
  });

  test.each(cases)('$at: $command', (given) => {
    const voters = { voters: valuesOf(given.command, 'cfg'), outgoing: valuesOf(given.command, 'cfgj') };
    if (given.command.startsWith('committed')) checkCommitted(voters, given);
    else checkVote(voters, given);
  });
});

// --------------------------------------------------------------------------------------------------- confchange

/** Which of our sentences stands for which of etcd's. */
const sentences: Readonly<Record<string, string>> = {
  'config is already joint': 'A joint configuration must be left before another is entered.',
  "can't make a zero-voter config joint": 'A configuration without voters cannot become joint.',
  "can't leave a non-joint config": 'The configuration is not joint, so there is nothing to leave.',
  "can't apply simple config change in joint config":
    'A joint configuration must be left before it takes a simple change.',
  'removed all voters': 'No voter would be left.',
  'more than one voter changed without entering joint config':
    'More than one voter would change, which takes joint consensus.',
};

const kinds: Readonly<Record<string, Change['kind']>> = { v: 'add-voter', l: 'add-learner', r: 'remove', u: 'update' };

/** `v1 l2 r3 u4`. By node 0, etcd marks a change that is not to be made: we have no such thing. */
function changesOf(input: string): readonly Change[] {
  const words = input.split(' ').filter((word) => word !== '' && word.slice(1) !== '0');
  return words.map((word) => ({ kind: kinds[word.slice(0, 1)] as Change['kind'], id: word.slice(1) }));
}

/** A configuration, and what a leader would know of its members: where it would begin to send. */
class Group {
  configuration: Configuration = emptyConfiguration;
  readonly #nextIndex = new Map<NodeId, number>();
  /** Each step, also a refused one, makes the log one entry longer. */
  #lastIndex = 0;

  /** @returns what etcd prints of it */
  step({ command, input }: Case): readonly string[] {
    const result = this.#change(command, changesOf(input));
    if ('configuration' in result) this.#adopt(result.configuration);
    this.#lastIndex += 1;
    return 'error' in result ? [result.error] : [this.#describe(), ...this.#describeMembers()];
  }

  #change(command: string, changes: readonly Change[]): Changed {
    if (command === 'simple') return simple(this.configuration, changes);
    if (command === 'leave-joint') return leaveJoint(this.configuration);
    expect(command).toMatch(/^enter-joint( autoleave=(true|false))?$/);
    return enterJoint(this.configuration, command.endsWith('=true'), changes);
  }

  #adopt(configuration: Configuration): void {
    this.configuration = configuration;
    const present = members(configuration);
    for (const id of this.#nextIndex.keys()) if (!present.includes(id)) this.#nextIndex.delete(id);
    for (const id of present) {
      if (!this.#nextIndex.has(id)) this.#nextIndex.set(id, Math.max(this.#lastIndex, 1));
    }
  }

  #describe(): string {
    const { voters, outgoing, learners, learnersNext, autoLeave } = this.configuration;
    const list = (ids: readonly NodeId[]): string => `(${ids.toSorted(byNumber).join(' ')})`;
    return [
      `voters=${list(voters)}${outgoing.length > 0 ? `&&${list(outgoing)}` : ''}`,
      ...(learners.length > 0 ? [`learners=${list(learners)}`] : []),
      ...(learnersNext.length > 0 ? [`learners_next=${list(learnersNext)}`] : []),
      ...(autoLeave ? ['autoleave'] : []),
    ].join(' ');
  }

  #describeMembers(): readonly string[] {
    const ids = [...this.#nextIndex.keys()].sort(byNumber);
    return ids.map((id) => {
      const learner = this.configuration.learners.includes(id) ? ' learner' : '';
      return `${id}: StateProbe match=0 next=${this.#nextIndex.get(id)}${learner}`;
    });
  }
}

describe.skipIf(isAbsent)(`etcd's changes of configuration${reason}`, () => {
  const cases = casesOf('confchange');

  test('there are 58 of them, and among them every error that we have a sentence for', () => {
    expect(cases).toHaveLength(58);
    const errors = cases.map(({ output }) => output[0] as string).filter((line) => !line.startsWith('voters='));
    expect(new Set(errors)).toEqual(new Set(Object.keys(sentences)));
  });

  test.each(cases)('$at: $command $input', (given) => {
    const group = new Group();
    const before = cases.slice(0, cases.indexOf(given)).filter(({ file }) => file === given.file);
    for (const earlier of before) group.step(earlier);
    const [first = '', ...more] = given.output;
    expect(group.step(given)).toEqual([sentences[first] ?? first, ...more]);
  });
});
