import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Certificate, SlotReport, StableCheckpoint, ViewChange } from './messages.ts';
import { sizesOf } from './quorum.ts';
import { selectView } from './selection.ts';
import { correctSelection } from './selection-rules.ts';

type Report = Omit<SlotReport, 'slot'>;

const nullDigest = 'null';

function certificate(kind: Certificate['kind'], view: number, digest: string, slot = 1): Certificate {
  return { kind, view, slot, digest, signatures: [] };
}

const decided = (kind: 'slow' | 'fast', view: number, digest: string): Report => ({
  decided: certificate(kind, view, digest),
});
const prepared = (view: number, digest: string): Report => ({ prepared: certificate('prepared', view, digest) });
const shared = (view: number, digest: string): Report => ({ share: { view, digest } });

function checkpoint(slot: number): StableCheckpoint {
  return { slot, digest: `state ${slot}`, signatures: [] };
}

function change(slots: readonly SlotReport[], stable = 0, signer = 'n1'): ViewChange {
  return {
    type: 'view-change',
    view: 9,
    stable: checkpoint(stable),
    slots,
    signature: { signer, bytes: new Uint8Array() },
  };
}

function select(changes: readonly ViewChange[], nodeCount = 4): { base: StableCheckpoint; digests: readonly string[] } {
  return selectView(changes, sizesOf(nodeCount), correctSelection, nullDigest);
}

/** What is proposed in slot 1, of which each replica of a quorum reports one of these, and the others nothing. */
function chosen(nodeCount: number, ...reports: readonly Report[]): string | undefined {
  const { quorum } = sizesOf(nodeCount);
  expect(reports.length).toBeLessThanOrEqual(quorum);
  const changes = Array.from({ length: quorum }, (_, at) => {
    const report = reports[at];
    return change(report === undefined ? [] : [{ slot: 1, ...report }], 0, `n${at}`);
  });
  return select(changes, nodeCount).digests[0];
}

const times = (count: number, report: Report): Report[] => Array.from({ length: count }, () => report);

describe('which slots a view begins with', () => {
  test('none, where nobody reports any', () => {
    expect(select([change([]), change([]), change([])])).toEqual({ base: checkpoint(0), digests: [] });
  });

  test('those behind the highest stable checkpoint, whoever proves it', () => {
    const before = { slot: 8, ...decided('slow', 3, 'before') };
    const at = { slot: 10, ...decided('slow', 3, 'at') };
    const behind = { slot: 11, ...decided('slow', 3, 'behind') };
    const changes = [change([before, at, behind], 7), change([], 10), change([], 5)];
    expect(select(changes)).toEqual({ base: checkpoint(10), digests: ['behind'] });
  });

  test('none, where all that is reported lies at or below the base', () => {
    const changes = [change([{ slot: 10, ...decided('slow', 3, 'at') }]), change([], 10), change([])];
    expect(select(changes)).toEqual({ base: checkpoint(10), digests: [] });
  });

  test('all up to the last in which anything may have been decided; a hole gets the null request', () => {
    const first = { slot: 1, ...prepared(2, 'A') };
    const third = { slot: 3, ...prepared(2, 'C') };
    const fifth = { slot: 5, ...shared(2, 'nobody else shared it') };
    const { digests } = select([change([first]), change([third]), change([fifth])]);
    expect(digests).toEqual(['A', nullDigest, 'C']);
  });

  test('each by its own reports', () => {
    const slots = [
      { slot: 1, ...shared(0, 'A') },
      { slot: 2, ...shared(0, 'B') },
    ];
    const { digests } = select([change(slots), change(slots), change([{ slot: 2, ...prepared(0, 'C') }])]);
    expect(digests).toEqual(['A', 'C']);
  });
});

describe.each([4, 7])('what a slot begins with, among %i replicas', (nodeCount) => {
  const { f, oneHonest, quorum } = sizesOf(nodeCount);

  test.each(['slow', 'fast'] as const)(
    'a batch that is proven to be decided on the %s path, before all else',
    (kind) => {
      const later = times(quorum - 1, { ...prepared(5, 'B'), ...shared(6, 'B') });
      expect(chosen(nodeCount, ...later, decided(kind, 1, 'A'))).toBe('A');
    },
  );

  test('a prepared batch, of whatever view and reported by one replica alone', () => {
    expect(chosen(nodeCount, prepared(0, 'A'))).toBe('A');
  });

  test('of several prepared batches that of the highest view', () => {
    expect(chosen(nodeCount, prepared(1, 'A'), prepared(4, 'B'), prepared(2, 'C'))).toBe('B');
  });

  test('a batch that f + 1 replicas have shared', () => {
    expect(chosen(nodeCount, ...times(oneHonest, shared(0, 'A')))).toBe('A');
  });

  test('nothing, where only f have shared the same', () => {
    const others = Array.from({ length: oneHonest }, (_, at) => shared(3, `other ${at}`));
    expect(chosen(nodeCount, ...times(f, shared(3, 'A')), ...others)).toBeUndefined();
  });

  test('a share counts in all views up to its own', () => {
    const inDifferentViews = Array.from({ length: oneHonest }, (_, at) => shared(3 + at, 'A'));
    expect(chosen(nodeCount, ...inDifferentViews)).toBe('A');
    expect(chosen(nodeCount, prepared(2, 'B'), ...inDifferentViews)).toBe('A');
    expect(chosen(nodeCount, prepared(3, 'B'), ...inDifferentViews)).toBe('B');
  });

  test('a batch counts as shared in the (f + 1)-th largest of its views', () => {
    const reports = [...times(f, shared(9, 'A')), ...times(oneHonest, shared(5, 'A'))];
    const besides = (report: Report) => chosen(nodeCount, { ...reports[0], ...report }, ...reports.slice(1));
    expect(besides(prepared(4, 'B'))).toBe('A');
    expect(besides(prepared(5, 'B'))).toBe('B');
    expect(besides(prepared(6, 'B'))).toBe('B');
  });

  test('lies of f replicas make no share later than it was, nor one where there was none', () => {
    const honest = [shared(2, 'A'), ...times(f, { ...prepared(4, 'B'), ...shared(4, 'B') })];
    expect(chosen(nodeCount, ...honest, ...times(f, shared(8, 'A')))).toBe('B');
    expect(chosen(nodeCount, ...times(oneHonest, prepared(4, 'B')), ...times(f, shared(8, 'C')))).toBe('B');
  });

  test('in a tie the prepared batch', () => {
    expect(chosen(nodeCount, prepared(3, 'B'), ...times(oneHonest, shared(3, 'A')))).toBe('B');
  });
});

describe('whatever is reported', () => {
  const digest = fc.constantFrom('A', 'B', 'C', nullDigest);
  const view = fc.integer({ min: 0, max: 4 });
  const perView = fc.array(digest, { minLength: 5, maxLength: 5 });

  /** Reports of a slot that can stand together: in each view one batch is prepared at most, and one is decided in all. */
  const reportsOf = (nodeCount: number) =>
    perView.chain((preparedIn) => {
      const report = fc.record(
        {
          prepared: view.map((at) => certificate('prepared', at, preparedIn[at] ?? nullDigest)),
          share: fc.record({ view, digest }),
          decided: fc.constant(certificate('slow', 4, preparedIn[4] ?? nullDigest)),
        },
        { requiredKeys: [] },
      );
      const { quorum } = sizesOf(nodeCount);
      return fc.array(report, { minLength: quorum, maxLength: quorum });
    });

  const group = fc.constantFrom(4, 7, 10);

  test('the order of the view changes makes no difference', () => {
    const twoOrders = group.chain((nodeCount) =>
      reportsOf(nodeCount).chain((reports) =>
        fc.tuple(
          fc.constant(nodeCount),
          fc.constant(reports),
          fc.shuffledSubarray(reports, { minLength: reports.length }),
        ),
      ),
    );
    fc.assert(
      fc.property(twoOrders, ([nodeCount, reports, shuffled]) => {
        expect(chosen(nodeCount, ...shuffled)).toBe(chosen(nodeCount, ...reports));
      }),
      { numRuns: 500 },
    );
  });

  /** What the f malicious replicas may say if a batch was decided in view `from`: nothing else is prepared from there on. */
  const lie = (from: number) =>
    fc.record(
      {
        share: fc.record({ view, digest }),
        prepared: view.map((at) => certificate('prepared', at, at < from ? 'B' : 'A')),
      },
      { requiredKeys: [] },
    );

  const decidedIn = fc.tuple(group, view).chain(([nodeCount, from]) => {
    const { f, quorum } = sizesOf(nodeCount);
    const lies = fc.array(lie(from), { maxLength: f });
    const later = fc.array(fc.integer({ min: from, max: 4 }), { minLength: quorum, maxLength: quorum });
    return fc.record({ nodeCount: fc.constant(nodeCount), from: fc.constant(from), lies, later });
  });

  test('a batch that all honest replicas have shared, and nothing else since, is proposed again', () => {
    fc.assert(
      fc.property(decidedIn, ({ nodeCount, lies, later }) => {
        const honest = later.slice(lies.length).map((at) => shared(at, 'A'));
        expect(chosen(nodeCount, ...honest, ...lies)).toBe('A');
      }),
      { numRuns: 500 },
    );
  });

  test('a batch for which f + 1 honest replicas hold certificates is proposed again, whatever others shared in that view', () => {
    fc.assert(
      fc.property(decidedIn, digest, ({ nodeCount, from, lies, later }, other) => {
        const [certified, ...rest] = later.slice(lies.length);
        const honest = rest.map((at) => (at === from ? shared(from, other) : shared(at, 'A')));
        const proof = prepared(certified ?? from, 'A');
        expect(chosen(nodeCount, proof, ...honest, ...lies)).toBe('A');
      }),
      { numRuns: 500 },
    );
  });
});
