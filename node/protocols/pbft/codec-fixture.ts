/** Any messages and records, for the tests of the codec. */
import fc from 'fast-check';
import { signatureBytes } from '../../contract/crypto.ts';
import type { Certificate, PbftMessage, PbftRecord, SlotReport, ViewChange } from './messages.ts';

const number = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
);
const slot = number.map((each) => Math.max(1, each));
const payload = fc.uint8Array({ maxLength: 40 });
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((each) => Buffer.from(each).toString('hex'));
const signer = fc.oneof(
  fc.constantFrom('', 'n1', 'shard2/n1', 'n'.repeat(64)),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((name) => Buffer.byteLength(name) <= 64),
);
const signature = fc.record({
  signer,
  bytes: fc.uint8Array({ minLength: signatureBytes, maxLength: signatureBytes }),
});
const signatures = fc.array(signature, { maxLength: 3 });
const choice = { view: number, slot, digest };
const certificate = fc.record({
  ...choice,
  kind: fc.constantFrom<Certificate['kind']>('prepared', 'slow', 'fast'),
  signatures,
});
const stable = fc.record({ slot: number, digest, signatures });

interface Step {
  readonly gap: number;
  readonly report: Omit<SlotReport, 'slot'>;
}
const step = fc.record<Step>({
  gap: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 2 ** 33 })),
  report: fc.record<Omit<SlotReport, 'slot'>>(
    { decided: certificate, prepared: certificate, share: fc.record({ view: number, digest }) },
    { requiredKeys: [] },
  ),
});
const anyChange = fc.record({ view: number, stable, steps: fc.array(step, { maxLength: 3 }), signature }).map(
  ({ steps, ...rest }): ViewChange => ({
    ...rest,
    type: 'view-change',
    slots: reportsAbove(rest.stable.slot, steps),
  }),
);

/** Reports at ascending slots; those that would be at no safe integer are left out. */
function reportsAbove(base: number, steps: readonly Step[]): readonly SlotReport[] {
  const reports = steps.map(({ report }, at) => {
    const gaps = steps.slice(0, at + 1).reduce((sum, { gap }) => sum + gap, 0);
    return { slot: base + gaps, ...report };
  });
  return reports.filter((report) => Number.isSafeInteger(report.slot));
}

const newView = fc.record({
  type: fc.constant('new-view'),
  view: number,
  changes: fc.array(anyChange, { maxLength: 3 }),
  signature,
});

const past = { slot, history: digest, total: number };
const proven = fc.record({
  snapshot: fc.record({ ...past, pieces: fc.array(digest, { maxLength: 4 }) }),
  signatures,
});

/** By their type; all fields take any value that is in range. */
export const messages = {
  propose: fc.record({ type: fc.constant('propose'), ...choice, payload, signature }),
  vote: fc.record({
    type: fc.constant('vote'),
    ...choice,
    phase: fc.constantFrom('share', 'commit'),
    signature,
  }),
  certified: fc.record({ type: fc.constant('certified'), certificate }),
  checkpoint: fc.record({ type: fc.constant('checkpoint'), slot, digest, signature }),
  'view-change': anyChange,
  'new-view': newView,
  status: fc.record({
    type: fc.constant('status'),
    view: number,
    changing: fc.boolean(),
    applied: number,
    stable: number,
  }),
  fetch: fc.record({ type: fc.constant('fetch'), from: slot }),
  decided: fc.record({
    type: fc.constant('decided'),
    decisions: fc.array(fc.record({ payload, certificate }), { maxLength: 3 }),
  }),
  'ask-bodies': fc.record({ type: fc.constant('ask-bodies'), digests: fc.array(digest, { maxLength: 4 }) }),
  bodies: fc.record({ type: fc.constant('bodies'), payloads: fc.array(payload, { maxLength: 4 }) }),
  forward: fc.record({ type: fc.constant('forward'), payload }),
  stable: fc.record({ type: fc.constant('stable'), checkpoint: stable }),
  saved: fc.record({ type: fc.constant('saved'), slot, digest, signature }),
  manifest: fc.record({ type: fc.constant('manifest'), proven }),
  'fetch-piece': fc.record({ type: fc.constant('fetch-piece'), slot, piece: number }),
  piece: fc.record({ type: fc.constant('piece'), slot, piece: number, bytes: payload }),
} satisfies { [K in PbftMessage['type']]: fc.Arbitrary<{ type: K }> };

/** By their kind. */
export const records = {
  share: fc.record(
    { kind: fc.constant('share'), ...choice, payload },
    { requiredKeys: ['kind', 'view', 'slot', 'digest'] },
  ),
  prepared: fc.record({ kind: fc.constant('prepared'), certificate }),
  decided: fc.record({ kind: fc.constant('decided'), certificate, payload }, { requiredKeys: ['kind', 'certificate'] }),
  leave: fc.record({ kind: fc.constant('leave'), view: number }),
  enter: fc.record({ kind: fc.constant('enter'), newView }),
  stable: fc.record({ kind: fc.constant('stable'), checkpoint: stable }),
  snapshot: fc.record({ kind: fc.constant('snapshot'), ...past }),
  proven: fc.record({ kind: fc.constant('proven'), proven }),
} satisfies { [K in PbftRecord['kind']]: fc.Arbitrary<{ kind: K }> };

export const anyMessage = fc.oneof(...Object.values(messages)) as fc.Arbitrary<PbftMessage>;
export const anyRecord = fc.oneof(...Object.values(records)) as fc.Arbitrary<PbftRecord>;
