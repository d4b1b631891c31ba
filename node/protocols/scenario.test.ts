import { describe, expect, test } from 'vitest';
import type { ProtocolDefinition } from '../contract/definition.ts';
import type { Effect } from '../contract/effects.ts';
import type { Order } from '../contract/inputs.ts';
import { playScenario } from './scenario.ts';
import { signingProtocol } from './signing-fixture.ts';
import { tell } from './tell.ts';

/**
 * Writes down what it is told, then tells everybody; applies what it hears, and gives up its records when told to forget.
 * Takes on any members, has no leader to hand over, and reads by its clock.
 */
const gossip: ProtocolDefinition<unknown, unknown> = {
  summary: 'a protocol for the tests of the runner',
  epochName: 'term',
  faultModel: 'crash',
  signs: false,
  abilities: new Set(['reconfigure', 'lease-reads']),
  defaultNodeCount: 2,
  tolerated: () => 0,
  client: { reads: 'asked' },
  codec: {
    encodeMessage: () => new Uint8Array(0),
    decodeMessage: () => null,
    encodeRecord: () => [],
    decodeRecord: () => null,
  },
  create: ({ id, members, maxUncommittedBytes, leaseReads }) => {
    let index = 0;
    return {
      start: (durable) => {
        index = durable.records.length;
        return [{ kind: 'timer', timer: 'beat', afterMs: [1, 1] }];
      },
      step: (input) => {
        if (input.kind === 'timeout') throw new Error('it broke');
        if (input.kind === 'message') return [{ kind: 'apply', index: 1, payload: new Uint8Array([104, 105]) }];
        if (input.kind === 'lapsed') return [{ kind: 'reject', id: input.id }];
        if (input.kind === 'suspected') return [{ kind: 'reject', id: 9, leader: input.node }];
        if (input.kind === 'order') return ordered(input.id, input.order);
        if (input.kind !== 'request') return [];
        if (input.access === 'read' && leaseReads === undefined) return [{ kind: 'reject', id: 1, leader: 'n2' }];
        if (input.access === 'read') {
          const within = { mark: 1, ms: leaseReads?.maxClockDrift ?? 0 };
          return [
            { kind: 'mark', mark: 1 },
            { kind: 'read', id: input.id, index, within },
          ];
        }
        if (input.payload.length > maxUncommittedBytes) return [{ kind: 'reject', id: input.id }];
        if (tell(input.payload) === '"forget"') return [{ kind: 'compact', position: index + 1, index: 0 }];
        index += 1;
        const news = { type: 'news', index };
        const others = members.filter((member) => member !== id);
        return [{ kind: 'persist', record: news }, ...others.map((to) => ({ kind: 'send', to, msg: news }) as const)];
      },
      view: () => ({ role: 'gossip', epoch: 0, commitIndex: 0, lastIndex: index }),
    };
  },
};

function ordered(id: number, order: Order): readonly Effect<unknown, unknown>[] {
  if (order.kind === 'transfer')
    return [{ kind: 'ordered', id, error: `${order.to} does not lead, nor does anybody.` }];
  const { voters, learners } = order;
  // The second one finds the group in the middle of the first.
  const fact = { type: 'configuration', index: 1, voters, outgoing: id === 2 ? ['n1'] : [], learners } as const;
  return [
    { kind: 'note', fact },
    { kind: 'ordered', id },
  ];
}

/** What is recorded under the last command of a scenario. */
function lastOutput(...commands: string[]): string {
  const blocks = playScenario(commands.join('\n'), gossip).trimEnd().split('----\n');
  return blocks.at(-1) ?? '';
}

describe('playing a scenario', () => {
  test('records what came of each command below it, and keeps the prose', () => {
    const played = playScenario('# A play.\n\nreplicas 1\n\nread n1\n', gossip);
    expect(played).toBe(
      [
        '# A play.',
        '',
        'replicas 1',
        '----',
        'n1 is now gossip in epoch 0, leader unknown, commit 0 of 0',
        '',
        'read n1',
        '----',
        'n1 rejects request 1, try n2',
        '',
      ].join('\n'),
    );
  });

  test('replaces what was recorded before, so that playing it again changes nothing', () => {
    const stale = 'replicas 1\n----\nsomething else\nentirely\n\n# Prose.\nread n1\n----\nnonsense\n';
    const played = playScenario(stale, gossip);
    expect(played).not.toContain('entirely');
    expect(played).toContain('# Prose.');
    expect(playScenario(played, gossip)).toBe(played);
  });

  test('messages wait until they are delivered, dropped or lost to an isolated replica', () => {
    expect(lastOutput('replicas 2', 'write n1 x', 'deliver n1->n2')).toBe('n2 hears news of n1\n  n2 applies 1: "hi"');
    expect(lastOutput('replicas 2', 'write n1 x', 'drop *->n2')).toBe('lost: n1 -> n2: news');
    expect(lastOutput('replicas 2', 'write n1 x', 'drop all', 'deliver all')).toBe('nothing happens');
    expect(lastOutput('replicas 2', 'isolate n2', 'write n1 x')).toContain('n1 -> n2: news index=1 (lost)');
    expect(lastOutput('replicas 2', 'isolate n2', 'rejoin n2', 'write n1 x')).not.toContain('lost');
    expect(lastOutput('replicas 2', 'write n1 x', 'crash n2', 'deliver all')).toBe('n2 is down and misses news of n1');
  });

  test('a slow disk holds back what waits for it, and a crash takes what was not durable', () => {
    expect(lastOutput('replicas 2', 'stall n1', 'write n1 x')).not.toContain('->');
    expect(lastOutput('replicas 2', 'stall n1', 'write n1 x', 'sync n1')).toContain('n1 -> n2: news index=1');
    expect(lastOutput('replicas 2', 'stall n1', 'write n1 x', 'crash n1', 'restart n1')).toContain('commit 0 of 0');
    expect(lastOutput('replicas 2', 'write n1 x', 'crash n1', 'restart n1')).toContain('commit 0 of 1');
  });

  test('what was given up is gone after a restart, but for as much of it as is said to be left over', () => {
    const forgetful = ['replicas 2', 'write n1 x', 'write n1 y', 'write n1 forget'];
    expect(lastOutput(...forgetful)).toBe('n1 gives up records before 3 and snapshots before 0');
    expect(lastOutput(...forgetful, 'crash n1', 'restart n1')).toContain('commit 0 of 0');
    expect(lastOutput(...forgetful, 'crash n1', 'restart n1 1')).toContain('commit 0 of 1');
    expect(lastOutput(...forgetful, 'crash n1', 'restart n1 9')).toContain('commit 0 of 2');
  });

  test('orders reach the replica that they are meant for, and their outcome is shown', () => {
    expect(lastOutput('replicas 2', 'transfer n1 n2')).toBe('n1 answers order 1: n2 does not lead, nor does anybody.');
    const look = 'n1 is now gossip in epoch 0, leader unknown, commit 0 of 0, voters n1 n3, learners n4 n5';
    expect(lastOutput('replicas 2', 'reconfigure n1 voters n1 n3 learners n4 n5')).toBe(`n1 has done order 1\n${look}`);
  });

  test('a configuration is shown where another one than the first ever was in force, in both halves if it is joint', () => {
    const alone = 'reconfigure n1 voters n1';
    const look = 'gossip in epoch 0, leader unknown, commit 0 of 0';
    expect(lastOutput('replicas 2', 'reconfigure n1 voters n1 n2', 'show')).toBe(`n1: ${look}\nn2: ${look}`);
    expect(lastOutput('replicas 2', alone, 'show')).toBe(`n1: ${look}, voters n1\nn2: ${look}`);
    expect(lastOutput('replicas 2', alone, 'quietly reconfigure n1 voters n2')).toBe(
      `n1 is now ${look}, voters n2 jointly with n1`,
    );
    expect(lastOutput('replicas 2', alone, 'reconfigure n1 voters n1 n2', 'reconfigure n1 voters n1 n2', 'show')).toBe(
      `n1: ${look}, voters n1 n2\nn2: ${look}`,
    );
  });

  test('newcomers know the first members, and are none of them', () => {
    expect(lastOutput('replicas 2', 'newcomers n3', 'write n3 x')).toContain('n3 -> n1: news index=1\nn3 -> n2: news');
    expect(lastOutput('replicas 2', 'newcomers n3', 'write n1 x')).not.toContain('n3');
  });

  test('settings are what every replica begins with', () => {
    expect(lastOutput('replicas 2 uncommitted=1', 'newcomers n3', 'write n3 xy')).toBe('n3 rejects request 1');
    expect(lastOutput('replicas 2 uncommitted=2', 'write n1 xy')).toContain('n1 -> n2: news index=1');
    const answered = 'n1 remembers the time as mark 1\nn1 answers read 1 at index 0, until 3 ms after mark 1';
    expect(lastOutput('replicas 2 drift=3', 'read n1')).toBe(answered);
    expect(lastOutput('replicas 2 drift=3', 'read n1', 'lapse n1 1')).toBe('n1 rejects request 1');
  });

  test('a suspicion reaches the one whose stream broke off', () => {
    expect(lastOutput('replicas 2', 'suspect n1 n2')).toBe('n1 rejects request 9, try n2');
  });

  test('replicas of a protocol that signs know each other by what they sign', () => {
    const played = playScenario('replicas 3\nwrite n1 x\nquietly deliver all', signingProtocol);
    expect(played).toContain('n2 is now speaker in epoch 0, leader unknown, commit 1 of 1\n');
    expect(played).toContain('n3 is now speaker in epoch 0, leader unknown, commit 1 of 1\n');
    expect(playScenario('replicas 3\nwrite n1 x\nquietly deliver all', signingProtocol)).toBe(played);
  });

  test('messages and records are put into words where the caller knows how', () => {
    const commands = 'replicas 2\nwrite n1 x';
    const played = playScenario(commands, gossip, (value) => `in short ${tell(value)}`);
    expect(played).toContain('n1 writes "in short news index=1"\nn1 -> n2: "in short news index=1"\n');
  });

  test('"quietly" shows only how the replicas have changed', () => {
    expect(lastOutput('replicas 2', 'quietly write n1 x')).toBe(
      'n1 is now gossip in epoch 0, leader unknown, commit 0 of 1',
    );
  });

  test.each([
    ['sing', 'error: there is no command "sing"'],
    ['write n9 x', 'error: there is no replica "n9"'],
    ['timeout n1 lease', 'error: n1 has set no timer "lease"'],
    ['timeout n1 beat', 'error: it broke'],
    ['deliver n1', 'error: "n1" is no link; write n1->n2'],
    ['quietly sing', 'error: there is no command "sing"'],
    ['newcomers n3 n2', 'error: there is a replica "n2" already'],
    ['replicas 2 size=3', 'error: there is no setting "size"'],
    ['transfer n1 n9', 'error: there is no replica "n9"'],
    ['reconfigure n1 n1 n2', 'error: say who is to vote: voters n1 n2 learners n3'],
  ])('%s: %s', (command, error) => {
    expect(lastOutput('replicas 2', command)).toBe(error);
  });

  test('newcomers come to what has begun', () => {
    expect(lastOutput('newcomers n3')).toBe('error: a play begins with "replicas"');
  });
});

describe('telling a value', () => {
  test.each([
    [{ type: 'vote', term: 2, votedFor: 'n1' }, 'vote term=2 votedFor=n1'],
    [{ kind: 'entries', list: [{ term: 1, payload: new Uint8Array([120]) }] }, 'entries list=[{term=1 payload="x"}]'],
    [{ type: 7, text: 'two words' }, 'type=7 text="two words"'],
    [['7', 7, 'null', null, undefined, true], '["7" 7 "null" null undefined true]'],
    [new Map([['a', new Set([1])]]), 'Map[[a Set[1]]]'],
  ])('%o', (value, text) => {
    expect(tell(value)).toBe(text);
  });

  test('different bytes are told differently', () => {
    const all = Array.from({ length: 256 }, (_, byte) => tell(new Uint8Array([byte])));
    expect(new Set(all).size).toBe(256);
  });
});
