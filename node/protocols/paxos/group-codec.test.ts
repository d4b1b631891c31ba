import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Group } from '../../contract/view.ts';
import { decodeGroup, encodeGroup, flawOf, maxMembers, normalGroup } from './group-codec.ts';

const group: Group = { voters: ['n1', 'n2'], learners: ['n3'] };
const groupHex = '01' + '02026e31026e32' + '01026e33' + '00';
/** The same, and n2 votes again after its loss 7. */
const admittingHex = groupHex.replace(/00$/, `01026e32${'7'.padStart(16, '0')}`);

const name = fc
  .tuple(fc.constantFrom('n', 'N', '0'), fc.stringMatching(/^[\w./-]{0,63}$/))
  .map(([first, rest]) => first + rest);
const anyGroup = fc
  .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), fc.nat(7))
  .map(([names, learners]): Group => {
    const votes = Math.max(1, names.length - learners);
    return normalGroup({ voters: names.slice(0, votes), learners: names.slice(votes) });
  });

/** As large as one can be. */
const largest: Group = {
  voters: Array.from({ length: maxMembers }, (_, offset) => `n${100 + offset}`.padEnd(64, './-_Z09')),
  learners: [],
};

describe('a round trip', () => {
  test('changes nothing', () => {
    const check = (each: Group): void => {
      expect(decodeGroup(encodeGroup(each))).toEqual(each);
    };
    fc.assert(fc.property(anyGroup, check));
    check(largest);
  });

  test('from a plain Uint8Array inside a larger buffer changes nothing', () => {
    const encoded = encodeGroup(group);
    const larger = new Uint8Array(encoded.length + 20);
    larger.set(encoded, 10);
    expect(decodeGroup(larger.subarray(10, 10 + encoded.length))).toEqual(group);
  });

  test('the bytes are what the file says', () => {
    expect(Buffer.from(encodeGroup(group)).toString('hex')).toBe(groupHex);
  });

  test('names who is admitted again, and after which loss', () => {
    const admitting = { ...group, admitted: [{ id: 'n2', loss: 7 }] };
    expect(Buffer.from(encodeGroup(admitting)).toString('hex')).toBe(admittingHex);
    expect(decodeGroup(Buffer.from(admittingHex, 'hex'))).toEqual(admitting);
  });

  test('equal groups are equal bytes', () => {
    expect(encodeGroup({ voters: ['n2', 'n1', 'n2'], learners: ['n3', 'n3'] })).toEqual(encodeGroup(group));
  });
});

describe('what is refused', () => {
  test('every group that ends at any earlier byte, or has one more', () => {
    fc.assert(
      fc.property(anyGroup, (each) => {
        const encoded = encodeGroup(each);
        for (let end = 0; end < encoded.length; end += 1) expect(decodeGroup(encoded.subarray(0, end))).toBeNull();
        expect(decodeGroup(Buffer.concat([encoded, Buffer.alloc(1)]))).toBeNull();
      }),
    );
  });

  test('whatever is not the one spelling of a sound group', () => {
    const mutation = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 255)));
    fc.assert(
      fc.property(anyGroup, fc.array(mutation, { minLength: 1, maxLength: 4 }), (each, mutations) => {
        const bytes = Uint8Array.from(encodeGroup(each));
        for (const [at, byte] of mutations) bytes[at % bytes.length] = byte;
        const decoded = decodeGroup(bytes);
        if (decoded === null) return;
        expect(flawOf(decoded)).toBeUndefined();
        expect(Uint8Array.from(encodeGroup(decoded))).toEqual(bytes);
      }),
      { numRuns: 10_000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a version alone', '01'],
    ['another version', groupHex.replace(/^01/, '02')],
    ['no voters', '0100' + '01026e31' + '00'],
    ['255 names, and no bytes for them', '01ff'],
    ['a name of 255 letters, and no bytes for it', '0101ff6e'],
    ['an empty name', '0101000000'],
    ['a name that is no ASCII', '010102c3a90000'],
    ['names out of order', '0102026e32026e310000'],
    ['a name twice', '0102026e31026e310000'],
    ['a learner that votes', '0101026e3101026e3100'],
    ['who is admitted and does not vote', admittingHex.replace('01026e320', '01026e330')],
    ['who is admitted after no loss', admittingHex.replace(/7$/, '0')],
    ['a loss that is no safe number', admittingHex.replace(/0{15}7$/, '0020000000000000')],
    ['a loss that is not whole', admittingHex.slice(0, -2)],
  ])('%s', (_what, hex) => {
    expect(decodeGroup(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test('more members than fit', () => {
    const ids = Array.from({ length: maxMembers + 1 }, (_, offset) => `n${100 + offset}`);
    const encoded = (count: number) => {
      const names = ids.slice(0, count).flatMap((id) => [Buffer.from([id.length]), Buffer.from(id)]);
      return Buffer.concat([Buffer.from([1, count]), ...names, Buffer.alloc(2)]);
    };
    expect(decodeGroup(encoded(maxMembers))).toEqual({ voters: ids.slice(0, maxMembers), learners: [] });
    expect(decodeGroup(encoded(maxMembers + 1))).toBeNull();
  });

  test.each<[string, Group, string]>([
    ['nobody who votes', { voters: [], learners: ['n1'] }, 'nobody would be left to vote'],
    ['a learner that votes', { voters: ['n1'], learners: ['n1'] }, 'n1 cannot be both a voter and a learner'],
    ['a name of 65 letters', { voters: ['n'.repeat(65)], learners: [] }, 'is not the name of a replica'],
    ['a name that ends in a new line', { voters: ['n1\n'], learners: [] }, '"n1\\n" is not the name of a replica'],
    ['101 members', { ...largest, learners: ['learner'] }, 'it names 101 replicas, and at most 100 fit'],
  ])('to write %s', (_what, each, why) => {
    expect(() => encodeGroup(each)).toThrow(RangeError);
    expect(() => encodeGroup(each)).toThrow(why);
  });
});
