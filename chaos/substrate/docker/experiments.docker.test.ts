import { expect, test } from 'vitest';
import { judge } from '../../judge.ts';
import { makePlan } from '../../plan.ts';
import { record } from '../../run.ts';
import { contents, describeOnDocker } from './docker-fixture.ts';
import { dockerSubstrate } from './index.ts';

const limitMs = 300_000;

describeOnDocker('on a real engine with real Toxiproxy', () => {
  test.each([
    ['rolling-failures', 'paxos'],
    ['one-way-partition', 'raft'],
    ['members-change', 'multi-paxos'],
    ['disk-wiped', 'multi-paxos'],
    ['malicious-primary', 'pbft'],
  ])(
    '%s on %s passes, as in the simulator',
    async (experiment, protocol) => {
      const before = await contents();
      const { capabilities } = dockerSubstrate;
      const plan = await makePlan(experiment, {
        ...{ seed: 1, substrate: 'docker', capabilities, durationMs: 16_000, protocol },
      });
      const recording = await record(plan, dockerSubstrate, { signal: new AbortController().signal });
      const { outcome, sentence, statistics } = await judge(recording);
      expect(outcome, sentence).toBe('PASS');
      expect(recording.artifacts?.map(({ name }) => name)).toContain('compose.yml');
      expect(statistics.bootToFirstWriteMs).toBeGreaterThan(0);
      expect(statistics.strikeEffects.length).toBeGreaterThan(0);
      const sampled = new Set(recording.events.flatMap((event) => (event.type === 'resources' ? [event.node] : [])));
      expect([...sampled].sort()).toEqual([...plan.nodes]);
      // What a wiped replica lacks is no longer in the log of the others.
      const sent = recording.events.filter((event) => event.type === 'restore' && event.from === 'replica');
      if (experiment === 'disk-wiped') expect(sent.length).toBeGreaterThan(0);
      expect(await contents()).toEqual(before);
    },
    limitMs,
  );

  test(
    'leader-crash passes where the logs are kept in LMDB',
    async () => {
      const choices = { storage: 'lmdb', nodeCount: 3, durationMs: 8000 };
      const { capabilities } = dockerSubstrate;
      const plan = await makePlan('leader-crash', { seed: 1, substrate: 'docker', capabilities, ...choices });
      const recording = await record(plan, dockerSubstrate, { signal: new AbortController().signal });
      const { outcome, sentence } = await judge(recording);
      expect(outcome, sentence).toBe('PASS');
      for (const node of plan.nodes) {
        const log = recording.artifacts?.find(({ name }) => name === `logs/${node}.log`);
        expect(log?.content).toContain(`${node} runs raft, its log in lmdb`);
      }
    },
    limitMs,
  );
});
