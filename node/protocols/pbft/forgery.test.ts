/** What a malicious replica forges: signed with its own key where it signs, and otherwise than what an honest one would say. */
import { describe, expect, test } from 'vitest';
import { isCheckpoint, isSaved, isSigned, isVote } from './certificates.ts';
import { pbftForgery } from './forgery.ts';
import { configOf } from './group-fixture.ts';
import type { PbftMessage, SlotReport } from './messages.ts';
import { sizesOf } from './quorum.ts';
import { correctRules } from './rules.ts';
import {
  certificate,
  change,
  checkpoint,
  commit,
  cryptoOf,
  digest,
  first,
  newView,
  origin,
  propose,
  share,
  signed,
} from './signed-fixture.ts';
import { windowSlots } from './state.ts';
import { newViewStatement, savedStatement, viewChangeStatement } from './statements.ts';
import { isNewView, isViewChange, type ViewVerifier } from './view-validity.ts';

const id = 'n1';
const config = configOf(id);
const verifier: ViewVerifier = {
  crypto: cryptoOf('n4'),
  members: first(4),
  sizes: sizesOf(4),
  ...{ fastQuorum: 4, windowSlots, origin, judge: correctRules.judge() },
};

const report: SlotReport = {
  slot: 1,
  prepared: certificate('prepared', 1, 'a'),
  share: { view: 0, digest: digest('a') },
};
/** n1 leads view 4. */
const telling = change(id, 4, [report]);
const beginning = newView(4, [telling, change('n2', 4, [report]), change('n3', 4, [])]);

/** A forged message, which must be one. */
function forged<M>(msg: M | undefined): M {
  if (msg === undefined) throw new Error('nothing was forged');
  return msg;
}

describe('another value', () => {
  test('in a proposal, whose digest is that of the value, signed by who proposes', () => {
    const msg = forged(pbftForgery.withValue?.(propose(1, 'a'), new TextEncoder().encode('b'), config));
    expect(msg).toEqual(propose(1, 'b'));
  });

  test.each([share(id, 1, 'a'), commit(id, 1, 'a')])('in a vote, signed by who votes: $phase', (vote) => {
    const msg = forged(pbftForgery.withValue?.(vote, new TextEncoder().encode('b'), config));
    expect(msg).toEqual(vote.phase === 'share' ? share(id, 1, 'b') : commit(id, 1, 'b'));
  });

  test('is another one, also where it is what was voted for', () => {
    const msg = forged(pbftForgery.withValue?.(share(id, 1, 'a'), new TextEncoder().encode('a'), config));
    expect(msg.type === 'vote' && msg.digest).not.toBe(digest('a'));
    expect(msg.type === 'vote' && isVote(verifier, 'share', msg, msg.signature)).toBe(true);
  });

  test('under the digest of the first one: the signature holds, and the digest does not', () => {
    const msg = forged(pbftForgery.withHiddenValue?.(propose(1, 'a'), Uint8Array.of(1)));
    expect(msg).toEqual({ ...propose(1, 'a'), payload: Uint8Array.of(1) });
  });
});

describe('other numbers', () => {
  test.each([
    [
      { epoch: 0, index: 1 },
      { view: 1, slot: 3 },
    ],
    [
      { epoch: -1, index: 0 },
      { view: 0, slot: 2 },
    ],
    [
      { epoch: 1000, index: -9 },
      { view: 1001, slot: 1 },
    ],
  ])('%j', (by, numbers) => {
    for (const vote of [share(id, 2, 'a', 1), commit(id, 2, 'a', 1), propose(2, 'a', 1, id)]) {
      const msg = forged(pbftForgery.withNumbers?.(vote, by, config));
      expect(msg).toMatchObject(numbers);
      const phase = msg.type === 'vote' ? msg.phase : 'share';
      expect('view' in msg && 'digest' in msg && isVote(verifier, phase, msg, msg.signature)).toBe(true);
    }
  });

  test('there are none below the first ones', () => {
    expect(pbftForgery.withNumbers?.(share(id, 1, 'a'), { epoch: -1, index: -1 }, config)).toBeUndefined();
  });
});

test.each([propose(1, 'a'), share(id, 1, 'a')])(
  'a commit that nothing has been prepared for, in place of: $type',
  (msg) => {
    expect(pbftForgery.uncertified?.(msg, config)).toEqual(commit(id, 1, 'a'));
  },
);

describe('reports to a new view', () => {
  test('without votes are valid', () => {
    const msg = forged(pbftForgery.withoutVotes?.(telling, config));
    expect(msg).toEqual(change(id, 4, []));
  });

  test('without votes in the copy of its own NEW-VIEW, which is valid too', () => {
    const msg = forged(pbftForgery.withoutVotes?.(beginning, config));
    expect(msg).toEqual(newView(4, [change(id, 4, []), change('n2', 4, [report]), change('n3', 4, [])]));
    expect(msg.type === 'new-view' && isNewView(verifier, msg)).toBe(true);
  });

  test('that have no votes are left as they are', () => {
    expect(pbftForgery.withoutVotes?.(change(id, 4, []), config)).toBeUndefined();
  });

  test('inflated to the end of the window are valid, and behind it are not', () => {
    const near = forged(pbftForgery.inflated?.(change(id, 5, []), config));
    expect(near.type === 'view-change' && near.slots.at(-1)?.slot).toBe(windowSlots);
    expect(near.type === 'view-change' && isViewChange(verifier, near)).toBe(true);
    const far = forged(pbftForgery.inflated?.(change(id, 4, []), config));
    expect(far.type === 'view-change' && isSigned(verifier, viewChangeStatement(far), far.signature)).toBe(true);
    expect(far.type === 'view-change' && isViewChange(verifier, far)).toBe(false);
  });

  test('with certificates of nobody are signed, and not valid', () => {
    const two = change(id, 4, [report, { slot: 2, share: { view: 0, digest: digest('b') } }]);
    const msg = forged(pbftForgery.withForgedCertificates?.(two, config));
    expect(msg.type === 'view-change' && isSigned(verifier, viewChangeStatement(msg), msg.signature)).toBe(true);
    expect(msg.type === 'view-change' && isViewChange(verifier, msg)).toBe(false);
    // Once with a signature too often, once with none.
    expect(msg.type === 'view-change' && msg.slots.map(({ prepared }) => prepared?.signatures.length)).toEqual([3, 0]);
  });

  test('left out of a NEW-VIEW make it invalid, though it is signed', () => {
    for (const view of [4, 8]) {
      const changes = beginning.changes.map((each) => change(each.signature.signer, view, each.slots));
      const odd = { ...newView(view, changes) };
      const msg = forged(pbftForgery.withoutReports?.(odd, config));
      expect(msg.type === 'new-view' && isSigned(verifier, newViewStatement(msg), msg.signature)).toBe(true);
      expect(msg.type === 'new-view' && msg.changes.flatMap(({ slots }) => slots)).toEqual([]);
      expect(msg.type === 'new-view' && isNewView(verifier, msg)).toBe(false);
    }
  });

  test('of nothing, for a view that nobody else wants, are valid', () => {
    const msg = forged(pbftForgery.leaving?.(7, config));
    expect(msg.type === 'view-change' && isViewChange(verifier, msg)).toBe(true);
  });
});

describe('another state', () => {
  test('of a checkpoint', () => {
    const msg = forged(pbftForgery.withOtherState?.(checkpoint(id, 8, 'a'), config));
    expect(msg.type === 'checkpoint' && isCheckpoint(verifier, msg.slot, msg.digest, msg.signature)).toBe(true);
    expect(msg).not.toMatchObject({ digest: checkpoint(id, 8, 'a').digest });
  });

  test('of a snapshot', () => {
    const saved: PbftMessage = {
      type: 'saved',
      slot: 8,
      digest: digest('s'),
      signature: signed(id, savedStatement(8, digest('s'))),
    };
    const msg = forged(pbftForgery.withOtherState?.(saved, config));
    expect(msg.type === 'saved' && isSaved(verifier, msg.slot, msg.digest, msg.signature)).toBe(true);
    expect(msg).not.toMatchObject({ digest: saved.digest });
  });

  test('of a piece, and of decided batches', () => {
    const piece: PbftMessage = { type: 'piece', slot: 8, piece: 0, bytes: Uint8Array.of(1, 2) };
    expect(pbftForgery.withOtherState?.(piece, config)).toEqual({ ...piece, bytes: Uint8Array.of(0, 3) });
    const bodies: PbftMessage = { type: 'bodies', payloads: [Uint8Array.of(7)] };
    expect(pbftForgery.withOtherState?.(bodies, config)).toEqual({ ...bodies, payloads: [Uint8Array.of(0)] });
  });
});

test('what asks, and proves nothing, is no matter for forgers', () => {
  const fetch: PbftMessage = { type: 'fetch', from: 1 };
  expect(pbftForgery.valueIn?.(fetch)).toBeUndefined();
  expect(pbftForgery.withValue?.(fetch, Uint8Array.of(1), config)).toBeUndefined();
  expect(pbftForgery.withNumbers?.(fetch, { epoch: 1, index: 1 }, config)).toBeUndefined();
  expect(pbftForgery.withOtherState?.(fetch, config)).toBeUndefined();
  expect(pbftForgery.sealOf?.(fetch)).toBeUndefined();
});
