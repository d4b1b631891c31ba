import { describe, expect, it } from 'vitest';
import type { ReportInput } from '../contracts/report.ts';
import junit from './junit.ts';
import { hostile, sampleInput } from './shared/sample-recording.ts';

async function render(input: ReportInput): Promise<string> {
  const [file] = await junit.render(input);
  return file?.content ?? '';
}

/** Fails where the text is not well-formed XML: unbalanced elements, raw markup, or characters that XML cannot hold. */
function expectWellFormed(xml: string): void {
  expect(xml).not.toMatch(/(?![\t\n])\p{Cc}|\p{Cs}|[\ufffe\uffff]/u);
  const open: string[] = [];
  const rest = xml
    .replace(/^<\?xml [^>]*\?>/, '')
    .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
    .replace(
      /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g,
      (_, end: string, name: string, __, empty: string) => {
        if (end === '/') expect(open.pop()).toBe(name);
        else if (empty === '') open.push(name);
        return '';
      },
    );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest.replace(/&(?:amp|lt|gt|quot|apos|#x?[0-9a-f]+);/gi, '')).not.toContain('&');
}

describe('junit.xml', () => {
  it.each(['PASS', 'FAIL (safety)', 'FAIL (liveness)', 'INCONCLUSIVE', 'LAB ERROR'] as const)(
    'is well-formed after %s, whatever the run says',
    async (outcome) => {
      expectWellFormed(await render(sampleInput(outcome)));
      expectWellFormed(await render(sampleInput(outcome, `${hostile} ]]> \u0000\u001b[31m \ud800`)));
    },
  );

  it('has one case per property', async () => {
    const xml = await render(sampleInput('PASS'));
    expect(xml.match(/<testcase /g)).toHaveLength(6);
    expect(xml).toContain('<testsuites name="splitbrain" tests="6" failures="0" errors="0" skipped="0">');
  });

  it('has a failure for a violated property, with the counter-example', async () => {
    const xml = await render(sampleInput('FAIL (safety)'));
    expect(xml).toContain('failures="1" errors="0"');
    expect(xml).toContain('<failure message="Key k1 does not behave like a single copy." type="safety">');
    expect(xml).toContain('Process 902 read after that, and saw 411');
  });

  it('has an error for a property that could not be decided', async () => {
    const xml = await render(sampleInput('INCONCLUSIVE'));
    expect(xml).toContain('failures="0" errors="1"');
    expect(xml).toContain('<error message="Strike s2 was not seen to bite." type="undecided">');
  });

  it('has an error where the lab failed before any property was checked', async () => {
    const xml = await render(sampleInput('LAB ERROR'));
    expect(xml).toContain('tests="1" failures="0" errors="1"');
    expect(xml).toContain('type="LAB ERROR"');
  });

  it('does not fail for a violation that the experiment expects, and fails where it does not come', async () => {
    const found = sampleInput('FAIL (safety)');
    const { plan } = found.recording;
    const recording = {
      ...found.recording,
      plan: { ...plan, experiment: { ...plan.experiment, expect: 'violated' as const } },
    };
    const passed = await render({ ...found, recording, verdict: { ...found.verdict, outcome: 'PASS' } });
    expect(passed).toContain('failures="0" errors="0"');
    expect(passed).toContain('Expected by the experiment.');
    const { verdict } = sampleInput('PASS');
    const missed = await render({ ...found, recording, verdict: { ...verdict, outcome: 'INCONCLUSIVE' } });
    expect(missed).toContain('failures="0" errors="1"');
  });
});
