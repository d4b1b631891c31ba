/** How the reports name malicious replicas. */
import { describe, expect, test } from 'vitest';
import { loadReporter } from '../catalog.ts';
import type { LabEvent } from '../contracts/events.ts';
import type { ReportInput } from '../contracts/report.ts';
import { sampleInput } from './shared/sample-recording.ts';

async function render(name: string, input: ReportInput): Promise<string> {
  const [file] = await (await loadReporter(name)).render(input);
  return typeof file?.content === 'string' ? file.content : '';
}

/** n1 is malicious from the start and has no occasion; n2 turns and turns back. */
function withMalice(): ReportInput {
  const input = sampleInput('PASS');
  const { plan, events } = input.recording;
  const turned: LabEvent[] = [
    { atMs: 2000, type: 'turned', node: 'n2', behaviour: 'lie' },
    { atMs: 2100, type: 'deceived', node: 'n2', behaviour: 'lie' },
    { atMs: 4000, type: 'turned', node: 'n2', behaviour: null },
  ];
  const recording = {
    ...input.recording,
    plan: { ...plan, malicious: { n1: 'mute' } },
    events: [...events, ...turned],
  };
  return { ...input, recording };
}

describe('where replicas are malicious', () => {
  test('the result names each, how it behaved and when', async () => {
    expect(JSON.parse(await render('result', withMalice()))).toMatchObject({
      malicious: [
        { node: 'n1', behaviour: 'mute', fromMs: null, toMs: null, deceived: false },
        { node: 'n2', behaviour: 'lie', fromMs: 2000, toMs: 4000, deceived: true },
      ],
    });
  });

  test('the summary has a table of them, and says who had no occasion', async () => {
    const text = await render('summary', withMalice());
    expect(text).toContain('| n1 | mute | the start | the end | no: it had no occasion |');
    expect(text).toMatch(/\| n2 \| lie \| 2\S* s \| 4\S* s \| yes \|/);
  });

  test('the page marks them above everything and in their lanes', async () => {
    const page = await render('report', withMalice());
    expect(page).toContain('<li class="planted">malicious: n1, n2</li>');
    expect(page).toContain('observed: malicious: mute');
    expect(page).toContain('observed: malicious: lie');
  });
});

test('where none are, no report speaks of malice', async () => {
  for (const name of ['summary', 'report']) {
    expect(await render(name, sampleInput('PASS'))).not.toMatch(/Malicious replicas|malicious: /);
  }
});
