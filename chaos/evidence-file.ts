/** `evidence.json`: who is convicted by what, and all that it takes to verify that, without the run and without this lab. */
import { z } from 'zod';
import { publicKeyInSpki, spkiOf } from '../node/crypto/key-text.ts';
import type { VerificationKeys } from '../node/crypto/verifier.ts';
import { UsageError } from './errors.ts';
import type { Accusation, Conviction } from './evidence.ts';
import { explainIssues } from './experiment.ts';

export const evidenceFileName = 'evidence.json';

const schemes = {
  ed25519: 'Ed25519 (RFC 8032) under the UTF-8 bytes of the text; public keys as SubjectPublicKeyInfo in base64',
  'keyed-hash':
    'The simulator has no public keys: SHA-256(secret, SHA-256(text)) in hexadecimal digits, where the secret is ' +
    'SHA-256("secret of <replica> in the run of seed <seed>"). It proves something to who trusts the seed alone.',
} as const;

/** What the file says. */
export interface EvidenceFile {
  readonly protocol: string;
  readonly keys: VerificationKeys | null;
  readonly evidence: readonly (Accusation & Pick<Conviction, 'words' | 'reportedBy'>)[];
}

/** Keys are named one by one, so that their order never depends on how the values were built. */
export function evidenceFileText({ protocol, keys, evidence }: EvidenceFile): string {
  const file = {
    schemaVersion: 1,
    protocol,
    keys: keys && keysAsFiled(keys),
    evidence: evidence.map(({ culprit, words, reportedBy, statements }) => ({
      culprit,
      contradiction: `${culprit} ${words}`,
      reportedBy,
      statements: statements.map(({ text, signature }) => ({ text, signature })),
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function keysAsFiled(keys: VerificationKeys): object {
  const { scheme } = keys;
  if (scheme === 'keyed-hash') return { scheme, meaning: schemes[scheme], seed: keys.seed, members: keys.members };
  const publicKeys = Object.entries(keys.publicKeys).map(([node, key]) => [node, spkiOf(key)]);
  return { scheme, meaning: schemes[scheme], publicKeys: Object.fromEntries(publicKeys) };
}

const text = z.string();
const meaning = text;
const spki = text.transform((value, context) => {
  const key = publicKeyInSpki(value);
  if (key !== undefined) return key;
  context.addIssue({ code: 'custom', message: 'is no public key of Ed25519' });
  return z.NEVER;
});
const statement = z.strictObject({ text, signature: text });

const fileShape = z.strictObject({
  schemaVersion: z.literal(1),
  protocol: text,
  keys: z.nullable(
    z.discriminatedUnion('scheme', [
      z.strictObject({ scheme: z.literal('ed25519'), meaning, publicKeys: z.record(text, spki) }),
      z.strictObject({ scheme: z.literal('keyed-hash'), meaning, seed: z.int(), members: z.array(text) }),
    ]),
  ),
  evidence: z.array(
    z.strictObject({
      culprit: text,
      contradiction: text,
      reportedBy: z.array(text),
      statements: z.tuple([statement, statement]),
    }),
  ),
});

/** What a file asserts; `words` are its own, and prove nothing. */
export interface AssertedEvidence {
  readonly protocol: string;
  readonly keys: VerificationKeys | null;
  readonly evidence: readonly (Accusation & { readonly reportedBy: readonly string[] })[];
}

/**
 * Reads the text of such a file. Nothing in it is verified yet.
 *
 * @param file - named in errors
 * @throws UsageError where it is none
 */
export function parseEvidenceFile(content: string, file: string): AssertedEvidence {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${file} is damaged: ${(error as Error).message}`, 'Verify an undamaged copy.');
  }
  const parsed = fileShape.safeParse(json);
  if (!parsed.success) {
    throw new UsageError(`${file} is no evidence: ${explainIssues(parsed.error)}`, 'Verify an undamaged copy.');
  }
  return parsed.data;
}
