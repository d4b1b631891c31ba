import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { parseEvents, parseHistory } from '../history.ts';
import { onlyRun, runsIn, Scratch, splitbrain, textOf } from './spawned.ts';

const scratch = new Scratch();
afterAll(() => scratch.remove());

/** Long enough to be surely under way when the signal comes. */
const long = ['--seed', '1', '--duration', '10h', '--rate', '10'];

// Windows has no signals to send.
describe.skipIf(process.platform === 'win32').concurrent('interrupted', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s heals, reports, and ends with 130', async (signal) => {
    const out = scratch.fresh();
    let sent = false;
    const { code, stderr } = await splitbrain(['run', 'leader-crash', ...long, '--repeat', '3', '--out', out], {
      onStderr: (text, send) => {
        if (sent || !text.includes('strike s1.1')) return;
        sent = true;
        send(signal);
      },
    });
    expect(code, stderr.slice(-2000)).toBe(130);
    expect(stderr).toContain('Interrupted: healing, collecting and reporting.');
    // Of three runs the first was under way, and the others do not begin.
    const folder = onlyRun(out);
    expect(readdirSync(folder).sort()).toContain('report.html');
    expect(JSON.parse(textOf(folder, 'result.json'))).toMatchObject({ outcome: 'INCONCLUSIVE', exitCode: 2 });
    expect(textOf(folder, 'summary.md')).toContain('The run was interrupted.');
    const events = parseEvents(textOf(folder, 'events.jsonl'), 'events.jsonl');
    const types = events.map((event) => (event.type === 'phase' ? event.phase : event.type));
    expect(types).toContain('interrupted');
    expect(types.slice(types.lastIndexOf('interrupted'))).toEqual(expect.arrayContaining(['heal', 'settled', 'done']));
    expect(parseHistory(textOf(folder, 'history.jsonl'), 'history.jsonl').length).toBeGreaterThan(0);
  });

  test('the second signal ends it at once', async () => {
    const out = scratch.fresh();
    const { code, stderr } = await splitbrain(['run', 'leader-crash', ...long, '--out', out], {
      onStderr: (text, send) => {
        if (text.includes('strike s1.1')) send('SIGINT');
      },
    });
    expect(code, stderr.slice(-2000)).toBe(130);
    expect(runsIn(out).length).toBeLessThanOrEqual(1);
  });

  test('a soak says what it has, and ends with 130', async () => {
    let sent = false;
    const { code, stderr } = await splitbrain(['soak', 'leader-crash', ...long, '--jobs', '1'], {
      onStderr: (text, send) => {
        if (sent || !text.includes('seeds ')) return;
        sent = true;
        setTimeout(() => send('SIGINT'), 1500);
      },
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain('No run came to its end');
  });
});
