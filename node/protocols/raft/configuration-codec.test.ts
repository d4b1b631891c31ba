import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Configuration, emptyConfiguration, flawOf, initialConfiguration, maxMembers } from './configuration.ts';
import { decodeConfiguration, encodeConfiguration } from './configuration-codec.ts';
import { anyConfiguration, configurationOf } from './configuration-fixture.ts';

const joint = configurationOf({
  voters: ['n2', 'n3'],
  outgoing: ['n1'],
  learners: ['n4'],
  learnersNext: ['n1'],
  autoLeave: true,
});
const jointHex = '0101' + '02026e32026e33' + '01026e31' + '01026e34' + '01026e31';

/** As large as one can be. */
const largest = initialConfiguration(
  Array.from({ length: maxMembers }, (_, offset) => `n${offset}`.padEnd(64, './-_Z09')),
);

describe('a round trip', () => {
  test('changes nothing', () => {
    const check = (configuration: Configuration): void => {
      expect(decodeConfiguration(encodeConfiguration(configuration))).toEqual(configuration);
    };
    fc.assert(fc.property(anyConfiguration, check));
    check(largest);
  });

  test('from a plain Uint8Array inside a larger buffer changes nothing', () => {
    const encoded = encodeConfiguration(joint);
    const larger = new Uint8Array(encoded.length + 20);
    larger.set(encoded, 10);
    expect(decodeConfiguration(larger.subarray(10, 10 + encoded.length))).toEqual(joint);
  });

  test('the bytes are what the file says', () => {
    expect(Buffer.from(encodeConfiguration(joint)).toString('hex')).toBe(jointHex);
  });
});

describe('what is refused', () => {
  test('every configuration that ends at any earlier byte, or has one more', () => {
    fc.assert(
      fc.property(anyConfiguration, (configuration) => {
        const encoded = encodeConfiguration(configuration);
        for (let end = 0; end < encoded.length; end += 1) {
          expect(decodeConfiguration(encoded.subarray(0, end))).toBeNull();
        }
        expect(decodeConfiguration(Buffer.concat([encoded, Buffer.alloc(1)]))).toBeNull();
      }),
    );
  });

  test('whatever is not the one spelling of a sound configuration', () => {
    const mutation = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 255)));
    fc.assert(
      fc.property(anyConfiguration, fc.array(mutation, { minLength: 1, maxLength: 4 }), (configuration, mutations) => {
        const bytes = Uint8Array.from(encodeConfiguration(configuration));
        for (const [at, byte] of mutations) bytes[at % bytes.length] = byte;
        const decoded = decodeConfiguration(bytes);
        if (decoded === null) return;
        expect(flawOf(decoded)).toBeUndefined();
        expect(Uint8Array.from(encodeConfiguration(decoded))).toEqual(bytes);
      }),
      { numRuns: 20_000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a version alone', '01'],
    ['another version', jointHex.replace(/^01/, '02')],
    ['a flag of 2', jointHex.replace(/^0101/, '0102')],
    ['no voters', '010000000000'],
    ['255 names, and no bytes for them', '0100ff'],
    ['a name of 255 letters, and no bytes for it', '010001ff6e'],
    ['an empty name', '01000100000000'],
    ['a name that is no ASCII', '01000102c3a9000000'],
    ['names out of order', '010002026e32026e31000000'],
    ['a name twice', '010002026e31026e31000000'],
    ['a learner that votes', '010001026e310001026e3100'],
    ['a learner to come that does not vote', '010001026e31000001026e32'],
    ['one that leaves by itself and is not joint', '010101026e31000000'],
  ])('%s', (_what, hex) => {
    expect(decodeConfiguration(Buffer.from(hex, 'hex'))).toBeNull();
  });

  test('more members than fit', () => {
    const ids = Array.from({ length: maxMembers + 1 }, (_, offset) => `n${100 + offset}`);
    const voters = ids.flatMap((id) => [Buffer.from([id.length]), Buffer.from(id)]);
    const encoded = (count: number) =>
      Buffer.concat([Buffer.from([1, 0, count]), ...voters.slice(0, 2 * count), Buffer.alloc(3)]);
    expect(decodeConfiguration(encoded(maxMembers))).toEqual(initialConfiguration(ids.slice(0, maxMembers)));
    expect(decodeConfiguration(encoded(maxMembers + 1))).toBeNull();
  });

  test.each<[string, Configuration]>([
    ['no voter', emptyConfiguration],
    ['a learner that votes', { ...joint, learners: ['n2'] }],
    ['a name of 65 letters', { ...joint, learners: ['n'.repeat(65)] }],
    ['101 members', { ...largest, learners: ['learner'] }],
  ])('to write %s', (_what, configuration) => {
    expect(() => encodeConfiguration(configuration)).toThrow(RangeError);
  });
});
