import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ed25519Crypto } from '../node/crypto/ed25519.ts';
import { keyPairOf } from '../node/crypto/key-text.ts';
import pbft from '../node/protocols/pbft/index.ts';
import { loadReporter } from './catalog.ts';
import { splitbrain } from './cli/spawned.ts';
import type { ReportInput } from './contracts/report.ts';
import { EvidenceJudge } from './evidence.ts';
import { evidenceFileText, parseEvidenceFile } from './evidence-file.ts';
import { keys, provenBy, recordingOf, share } from './evidence-fixture.ts';
import { sampleInput } from './reporters/shared/sample-recording.ts';

const input = (): ReportInput => ({
  ...sampleInput('PASS'),
  recording: recordingOf([provenBy('n1', 'n4')], { n4: 'double-vote' }),
});

async function rendered(name: string): Promise<string> {
  const [file] = await (await loadReporter(name)).render(input());
  return file?.content ?? '';
}

const holding = evidenceFileText({
  protocol: 'pbft',
  keys,
  evidence: [
    { culprit: 'n4', words: 'did it', reportedBy: ['n1'], statements: [share('n4', 3, 'a'), share('n4', 3, 'b')] },
  ],
});

describe('evidence.json', () => {
  test('has all that it takes to verify it', async () => {
    const { protocol, keys: known, evidence } = parseEvidenceFile(await rendered('evidence'), 'evidence.json');
    expect([protocol, known]).toMatchObject(['pbft', keys]);
    expect(evidence).toHaveLength(1);
    if (known === null || evidence[0] === undefined || pbft.accountability === undefined)
      throw new Error('there is none');
    expect(new EvidenceJudge(known, pbft.accountability).judge(evidence[0])).toEqual({
      words: 'shared two batches in slot 3 of view 0',
    });
  });

  test('holds public keys as others read them, and gives them back', () => {
    const pair = keyPairOf(new Uint8Array(32).fill(4));
    const known = { scheme: 'ed25519', publicKeys: { n4: pair.publicKey } } as const;
    const crypto = ed25519Crypto({ privateKey: pair.privateKey, publicKeys: known.publicKeys, clientKeys: {} });
    const sign = (letter: string) => {
      const text = `pbft share slot 3 view 0 batch ${letter.repeat(64)}`;
      return { text, signature: Buffer.from(crypto.sign(new TextEncoder().encode(text))).toString('hex') };
    };
    const piece = { culprit: 'n4', words: '', reportedBy: [], statements: [sign('a'), sign('b')] } as const;
    const text = evidenceFileText({ protocol: 'pbft', keys: known, evidence: [piece] });
    expect(text).not.toContain(pair.privateKey);
    const file = parseEvidenceFile(text, 'evidence.json');
    expect(file.keys).toMatchObject(known);
    if (file.keys === null || pbft.accountability === undefined) throw new Error('there are no keys');
    const judge = new EvidenceJudge(file.keys, pbft.accountability);
    expect(file.evidence.map((each) => judge.judge(each))).toEqual([
      { words: 'shared two batches in slot 3 of view 0' },
    ]);
    expect(judge.judge({ ...piece, culprit: 'n1' })).toEqual({ why: 'n1 has not signed the first statement.' });
  });

  test.each([
    ['is no JSON', '{', 'is damaged'],
    ['is something else', '{}', 'is no evidence'],
    [
      'has a key that is none',
      holding.replace(/"keys": \{[^}]*\}/, '"keys": {"scheme":"ed25519","meaning":"","publicKeys":{"n4":"AA"}}'),
      'is no public key of Ed25519',
    ],
  ])('is refused where it %s', (_, text, words) => {
    expect(() => parseEvidenceFile(text, 'evidence.json')).toThrow(words);
  });
});

test('reports say who is convicted, in a sentence', async () => {
  const sentence = 'n4 is convicted: it shared two batches in slot 3 of view 0, by evidence of n1.';
  expect(await rendered('summary')).toContain(`## Convicted\n\n- ${sentence}`);
  expect(await rendered('report')).toContain(sentence);
});

describe('splitbrain evidence', () => {
  const folder = mkdtempSync(join(tmpdir(), 'splitbrain-evidence-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const verify = (text: string, ...flags: readonly string[]) => {
    const file = join(folder, 'evidence.json');
    writeFileSync(file, text);
    return splitbrain(['evidence', file, ...flags]);
  };

  test('names who is convicted, where all of it holds', async () => {
    const { code, stdout } = await verify(holding);
    expect(code).toBe(0);
    expect(stdout).toContain('holds: n4 shared two batches in slot 3 of view 0');
    expect(stdout).toContain('n4 is convicted');
  });

  test('ends with 1 where a statement was changed, whatever the file says of it', async () => {
    const { code, stdout } = await verify(holding.replace('bbbb', 'bbbc'), '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      evidence: [{ culprit: 'n4', holds: false, words: 'n4 has not signed the second statement.' }],
    });
  });

  test('ends with 4 where there is nothing to verify', async () => {
    expect((await verify('{}')).code).toBe(4);
  });
});
