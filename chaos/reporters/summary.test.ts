import { describe, expect, it } from 'vitest';
import type { ReportInput } from '../contracts/report.ts';
import { dockerInput } from './shared/docker-fixture.ts';
import { duelInput } from './shared/duel-fixture.ts';
import { hostile, sampleInput } from './shared/sample-recording.ts';
import summary from './summary.ts';

async function render(input: ReportInput): Promise<string> {
  const [file] = await summary.render(input);
  return file?.content ?? '';
}

describe('summary.md', () => {
  it('reads as the golden file does', async () => {
    await expect(await render(sampleInput('FAIL (safety)'))).toMatchFileSnapshot('./shared/summary.golden.txt');
  });

  it('begins with the verdict and its sentence', async () => {
    const text = await render(sampleInput('PASS'));
    expect(text.split('\n')[0]).toBe(
      '# PASS: No acknowledged write was lost. Striking leaders in turn stopped writes for 1.2 s at worst (limit 5 s).',
    );
    expect(text).not.toContain('What contradicts');
  });

  it('lets no text from the run become markup', async () => {
    const text = await render(
      sampleInput('FAIL (safety)', `${hostile}\n# heading\n[x](javascript:1) **b** \`\`\`\n| a |`),
    );
    const outside = text.replace(/^(`{3,})sh\n.*\n\1$/gm, '');
    expect(outside).not.toMatch(/<(?!\/?$)[a-z!/]/i);
    expect(outside).not.toMatch(/^# heading/m);
    expect(outside).not.toMatch(/(?<!\\)\[x/);
    const width = (line: string) => line.replaceAll('\\|', '').split('|').length;
    const checks = outside.split('\n').filter((line) => line.startsWith('| ') && line.includes('liveness'));
    expect(checks.map(width)).toEqual([9, 9]);
  });

  it('closes the block of a command at its end, whatever the command contains', async () => {
    const input = sampleInput('PASS');
    const text = await render({ ...input, commands: { replay: 'run ```` <b>', run: 'x' } });
    expect(text).toContain('`````sh\nrun ```` <b>\n`````');
  });

  it('tells what the replicas held at most, where that was sampled', async () => {
    const input = sampleInput('PASS');
    const peakFootprint = { logBytes: 34_000, snapshotBytes: 380, memoryBytes: 2 ** 21 };
    const statistics = { ...input.verdict.statistics, compactions: 1107, peakFootprint };
    const text = await render({ ...input, verdict: { ...input.verdict, statistics } });
    expect(text).toContain('| compactions of a log | 1,107 |\n');
    expect(text).toContain('| the most that a replica held: log / snapshot on disk | 33.2 KiB / 380 bytes |\n');
    expect(text).toContain('| the most that a replica held: payloads and state in memory | 2 MiB |\n');
    expect(await render(input)).not.toContain('compactions');
  });

  it('tells how long no quorum was left, where that was so', async () => {
    const input = sampleInput('PASS');
    const withoutQuorum = [
      { fromMs: 1000, toMs: 2000 },
      { fromMs: 3000, toMs: 3200 },
    ];
    expect(await render({ ...input, verdict: { ...input.verdict, withoutQuorum } })).toContain(
      '| time without a quorum | 1.2 s |\n',
    );
    expect(await render(input)).not.toContain('without a quorum');
  });

  it('tells what duels took, in the words of the protocol, where there were any', async () => {
    const text = await render(duelInput());
    expect(text).toContain('| ballots overtaken | 7 |\n');
    expect(text).toContain(
      '| the most ballots overtaken in one slot | slot 541, 6 ballots, from 12.120 s to 12.770 s |\n',
    );
    expect(text).toContain('| the longest duel | slot 541, 6 ballots, applied after 912 ms |\n');
    expect(await render(duelInput('raft'))).toContain('| terms overtaken | 7 |\n');
    expect(await render(duelInput('of-yore'))).toContain('| epochs overtaken | 7 |\n');
    expect(await render(sampleInput('PASS'))).not.toMatch(/overtaken|duel/);
  });

  it('tells of containers how prompt they were, and what they are made of', async () => {
    const text = await render(dockerInput('PASS'));
    expect(text).toContain('| boot to the first acknowledged write | 3.2 s |\n');
    expect(text).toContain("| from a strike's command to its effect: cut | median 96 ms, max 96 ms (1 strike) |\n");
    expect(text).toMatch(
      /took 4\.2 s\. Engine 27\.3\.1, replica image 0a1b2c3d0a1b, toxiproxy image 9f8e7d6c9f8e\.\n$/,
    );
  });

  it('tells what kept the logs, where that was not the default', async () => {
    const input = dockerInput('PASS');
    const plan = { ...input.recording.plan, storage: 'lmdb' };
    const text = await render({ ...input, recording: { ...input.recording, plan } });
    expect(text).toContain(`: ${plan.protocol}, log in lmdb, ${plan.nodes.length} nodes`);
    expect(await render(input)).not.toContain('log in');
  });

  it('names the mode, where one was chosen', async () => {
    const input = dockerInput('PASS');
    const { plan } = input.recording;
    const settings = { ...plan.experiment.settings, mode: 'linear' };
    const chosen = { ...plan, experiment: { ...plan.experiment, settings } };
    const text = await render({ ...input, recording: { ...input.recording, plan: chosen } });
    expect(text).toContain(`: ${plan.protocol} (linear), ${plan.nodes.length} nodes`);
    expect(await render(input)).toContain(`: ${plan.protocol}, ${plan.nodes.length} nodes`);
  });

  it('tells of no boot and no engine where nothing had to be started', async () => {
    const text = await render(sampleInput('PASS'));
    expect(text).not.toMatch(/boot to|Engine| image /);
  });

  it.each(['engine', 'image', 'fault'])('lets no name of an %s become markup', async (what) => {
    const lines = (await render(dockerInput('PASS', `${hostile} **b**`))).split('\n');
    const found = lines.filter((line) =>
      what === 'fault' ? line.includes("from a strike's command") : line.includes('Engine 27.3.1'),
    );
    expect(found).toHaveLength(what === 'fault' ? 3 : 1);
    for (const line of found) expect(line).not.toMatch(/<|(?<!\\)[*`]/);
  });

  it('says what it leaves out', async () => {
    const input = sampleInput('PASS');
    const [first] = input.recording.plan.strikes;
    if (first === undefined) throw new Error('the sample has changed');
    const strikes = Array.from({ length: 1000 }, (_, i) => ({ ...first, id: `s${i}` }));
    const recording = { ...input.recording, plan: { ...input.recording.plan, strikes } };
    const text = await render({ ...input, recording });
    expect(text).toContain('Showing 200 of 1,000 strikes.');
    expect(text.length).toBeLessThan(900_000);
  });
});
