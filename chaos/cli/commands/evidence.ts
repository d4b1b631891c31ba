import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadProtocol } from '../../catalog.ts';
import { exitCode, UsageError } from '../../errors.ts';
import { convictionSentences, EvidenceJudge } from '../../evidence.ts';
import { type AssertedEvidence, evidenceFileName, parseEvidenceFile } from '../../evidence-file.ts';
import { count } from '../../words.ts';
import { options } from '../options.ts';
import { findRun } from '../results.ts';
import { print } from '../terminal.ts';

export default function register(program: Command): void {
  program
    .command('evidence')
    .summary('verify who is convicted by what it signed')
    .description(
      `Verifies ${evidenceFileName} on its own, with the keys in it: both statements of each piece must be signed by the ` +
        'culprit, and no honest replica may sign both. Ends with 0 where all of it holds, with 1 where any does not.',
    )
    .argument('<run>', `the name or folder of a run, "latest", or the path of an ${evidenceFileName}`)
    .option('--json', 'the outcome as JSON on stdout')
    .addOption(options.out())
    .action(verify);
}

/** How many lines of a statement are printed. */
const mostLines = 3;

interface Verified {
  readonly culprit: string;
  readonly holds: boolean;
  /** What the culprit has done, or why that is not shown. */
  readonly words: string;
  readonly reportedBy: readonly string[];
  readonly statements: AssertedEvidence['evidence'][number]['statements'];
}

async function verify(run: string, flags: { out: string; json?: boolean }): Promise<void> {
  const file = fileOf(run, flags.out);
  const asserted = parseEvidenceFile(read(file), file);
  const verified = await verifiedIn(asserted);
  process.exitCode = verified.every(({ holds }) => holds) ? exitCode.ok : exitCode.safety;
  if (flags.json === true) {
    print(JSON.stringify({ protocol: asserted.protocol, evidence: verified }, null, 2));
    return;
  }
  for (const { culprit, holds, words, statements } of verified) {
    print(`${holds ? 'holds' : 'does not hold'}: ${holds ? `${culprit} ${words}` : `against ${culprit}. ${words}`}`);
    for (const { text } of statements) print(`  ${culprit} signed: ${shortened(text)}`);
  }
  const sentences = convictionSentences(verified.filter(({ holds }) => holds));
  for (const sentence of sentences) print(sentence);
  if (sentences.length === 0) print('Nobody is convicted.');
}

/** Of a statement of many lines those that say what it is; the file has all of them. */
function shortened(text: string): string {
  const lines = text.split('\n');
  const more = lines.length > mostLines ? [`(and ${count(lines.length - mostLines, 'line')} more)`] : [];
  return [...lines.slice(0, mostLines), ...more].join('\n    ');
}

function fileOf(run: string, results: string): string {
  const isFile = existsSync(run) && statSync(run).isFile();
  return isFile ? run : join(findRun(results, run), evidenceFileName);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(
      `${file} cannot be read: ${(error as Error).message}`,
      'Write it anew with: npx splitbrain report <run>',
    );
  }
}

async function verifiedIn({ protocol, keys, evidence }: AssertedEvidence): Promise<Verified[]> {
  const { accountability } = await loadProtocol(protocol);
  const judge = keys !== null && accountability !== undefined ? new EvidenceJudge(keys, accountability) : undefined;
  return evidence.map((piece) => {
    const judgement = judge?.judge(piece) ?? { why: 'There is nothing to verify it with.' };
    const { culprit, reportedBy, statements } = piece;
    return 'words' in judgement
      ? { culprit, holds: true, words: judgement.words, reportedBy, statements }
      : { culprit, holds: false, words: judgement.why, reportedBy, statements };
  });
}
