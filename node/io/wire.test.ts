import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClientReply, ClientRequest } from '../ports.ts';
import {
  decodeReplies,
  decodeReply,
  decodeRequest,
  decodeRequests,
  encodeReplies,
  encodeReply,
  encodeRequest,
  encodeRequests,
  replyBytes,
} from './client-batches.ts';
import { protoFolder } from './package-root.ts';
import { decodeFrame, encodeFrame, type Frame } from './peer-frames.ts';
import { FieldReader, putFieldHead, putVarint, varintBytes } from './wire.ts';

/** The generic library over the same .proto file: what any other implementation would send and understand. */
function generic<T extends object>(file: string, service: string, method: string, side: 'request' | 'response') {
  const definitions = loadSync(`${protoFolder}/${file}.proto`, { longs: Number, enums: String, oneofs: true });
  const definition = definitions[`splitbrain.v1.${service}`];
  if (definition === undefined || 'format' in definition) throw new Error(`no service ${service}`);
  const found = definition[method];
  if (found === undefined) throw new Error(`no method ${method}`);
  return side === 'request'
    ? { encode: found.requestSerialize as (value: T) => Buffer, decode: found.requestDeserialize as (b: Buffer) => T }
    : {
        encode: found.responseSerialize as (value: T) => Buffer,
        decode: found.responseDeserialize as (b: Buffer) => T,
      };
}

const bytes = (maxLength = 300) => fc.uint8Array({ maxLength }).map((array): Uint8Array => Buffer.from(array));
const id = fc.maxSafeNat();
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

const frames: fc.Arbitrary<Frame> = fc
  .record({
    sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    sentAtMs: fc.double({ min: 1, max: 4e12, noNaN: true }),
    messages: fc.array(bytes(), { maxLength: 5 }),
    unfinished: fc.boolean(),
  })
  .map((frame) => (frame.messages.length === 0 ? { ...frame, unfinished: false } : frame));

const request: fc.Arbitrary<ClientRequest> = fc.record({
  id,
  access: fc.constantFrom('write' as const, 'read' as const),
  command: bytes(),
});
const requests = fc.array(request, { maxLength: 5 });

const reply: fc.Arbitrary<ClientReply> = fc.oneof(
  fc.record({ id, status: fc.constant('ok' as const), result: bytes() }),
  fc.record({ id, status: fc.constant('rejected' as const) }),
  fc.record({ id, status: fc.constant('rejected' as const), leader: fc.string({ minLength: 1, maxLength: 200 }) }),
);
const replies = fc.array(reply, { maxLength: 5 });

/** A request or a reply in the names of the generic library. */
const genericRequest = ({ id, access, command }: ClientRequest) => {
  return { id, access: access.toUpperCase(), command: Buffer.from(command) };
};
const genericReply = (each: ClientReply) =>
  each.status === 'ok'
    ? { id: each.id, result: Buffer.from(each.result) }
    : { id: each.id, rejected: each.leader === undefined ? {} : { leader: each.leader } };

describe('varints', () => {
  it('round-trip at every length', () => {
    for (const value of [0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 2 ** 32 - 1]) {
      const buffer = Buffer.alloc(5);
      const end = putVarint(buffer, 0, value);
      expect(end).toBe(varintBytes(value));
      expect(new FieldReader(buffer, 0, end).varint()).toBe(value);
    }
  });
});

describe('Frames', () => {
  const library = generic<{ sequence: number; sentAtMs: number; messages: Buffer[]; unfinished: boolean }>(
    'peer',
    'Peer',
    'Send',
    'request',
  );

  it('is read by the generic library as it was meant', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const read: Partial<Frame> = library.decode(encodeFrame(frame));
        expect(plain({ messages: [], unfinished: false, ...read })).toEqual(plain(frame));
      }),
    );
  });

  it('is understood when the generic library wrote it', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const written = library.encode({ ...frame, messages: frame.messages.map((each) => Buffer.from(each)) });
        expect(plain(decodeFrame(written))).toEqual(plain(frame));
      }),
    );
  });

  it('passes over fields of a later version', () => {
    const later = Buffer.concat([
      encodeFrame({ sequence: 7, sentAtMs: 5, messages: [Buffer.from('m')], unfinished: false }),
      Buffer.from([(9 << 3) | 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
      Buffer.from([(10 << 3) | 2, 2, 1, 2]),
      Buffer.from([(11 << 3) | 5, 1, 2, 3, 4]),
      Buffer.from([(12 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8]),
    ]);
    expect(decodeFrame(later)?.sequence).toBe(7);
  });

  it.each([
    ['nothing at all', Buffer.alloc(0)],
    ['no sequence', Buffer.from([0x11, 0, 0, 0, 0, 0, 0, 0x24, 0x40])],
    ['a length past the end', Buffer.from([(3 << 3) | 2, 0xff, 0xff, 0x03])],
    ['a group, which is no longer used', Buffer.from([(3 << 3) | 3])],
    ['an endless varint', Buffer.alloc(40, 0xff)],
  ])('is null for %s', (_, garbage) => {
    expect(decodeFrame(garbage)).toBeNull();
  });
});

describe('Requests', () => {
  const library = generic<{ requests: { id: number; access: string; command: Buffer }[] }>(
    'client',
    'Client',
    'Session',
    'request',
  );
  const generically = (batch: readonly ClientRequest[]) => ({ requests: batch.map(genericRequest) });

  it('is read by the generic library as it was meant', () => {
    fc.assert(
      fc.property(requests, (batch) => {
        const read = library.decode(encodeRequests(batch));
        const whole = (read.requests ?? []).map((each) => ({ ...{ access: 'WRITE' }, ...each }));
        expect(plain({ requests: whole })).toEqual(plain(generically(batch)));
      }),
    );
  });

  it('is understood when the generic library wrote it', () => {
    fc.assert(
      fc.property(requests, (batch) => {
        expect(plain(decodeRequests(library.encode(generically(batch))))).toEqual(plain(batch));
      }),
    );
  });
});

describe('Replies', () => {
  type Wire = { replies: { id: number; result?: Buffer; rejected?: { leader?: string } }[] };
  const library = generic<Wire>('client', 'Client', 'Session', 'response');
  const generically = (batch: readonly ClientReply[]): Wire => ({ replies: batch.map(genericReply) });

  it('is read by the generic library as it was meant', () => {
    fc.assert(
      fc.property(replies, (batch) => {
        const read = library.decode(encodeReplies(batch));
        const parts = (read.replies ?? []).map(({ id: number, result, rejected }) =>
          result === undefined ? { id: number, rejected } : { id: number, result },
        );
        expect(plain({ replies: parts })).toEqual(plain(generically(batch)));
      }),
    );
  });

  it('is understood when the generic library wrote it', () => {
    fc.assert(
      fc.property(replies, (batch) => {
        expect(plain(decodeReplies(library.encode(generically(batch))))).toEqual(plain(batch));
      }),
    );
  });

  it('takes as many bytes as it says', () => {
    fc.assert(
      fc.property(replies, (batch) => {
        const said = batch.reduce((sum, reply) => sum + replyBytes(reply), 0);
        expect(encodeReplies(batch).length).toBe(said);
      }),
    );
  });

  it('is not taken for a refusal where the outcome is of a later version', () => {
    expect(decodeReplies(Buffer.from([(1 << 3) | 2, 2, (7 << 3) | 2, 0]))).toBeNull();
  });
});

describe('one Request, one Reply', () => {
  type WireReply = { id: number; result?: Buffer; rejected?: { leader?: string } };
  const library = {
    request: generic<{ id: number; access: string; command: Buffer }>('client', 'Client', 'Call', 'request'),
    reply: generic<WireReply>('client', 'Client', 'Call', 'response'),
  };

  it('are read by the generic library as they were meant', () => {
    fc.assert(
      fc.property(request, reply, (asked, told) => {
        const readRequest = { ...{ access: 'WRITE' }, ...library.request.decode(encodeRequest(asked)) };
        expect(plain(readRequest)).toEqual(plain(genericRequest(asked)));
        const { id: number, result, rejected } = library.reply.decode(encodeReply(told));
        const readReply = result === undefined ? { id: number, rejected } : { id: number, result };
        expect(plain(readReply)).toEqual(plain(genericReply(told)));
      }),
    );
  });

  it('are understood when the generic library wrote them', () => {
    fc.assert(
      fc.property(request, reply, (asked, told) => {
        expect(plain(decodeRequest(library.request.encode(genericRequest(asked))))).toEqual(plain(asked));
        expect(plain(decodeReply(library.reply.encode(genericReply(told))))).toEqual(plain(told));
      }),
    );
  });

  it('are what a batch of one holds', () => {
    fc.assert(
      fc.property(request, reply, (asked, told) => {
        for (const [batch, alone] of [
          [encodeRequests([asked]), encodeRequest(asked)],
          [encodeReplies([told]), encodeReply(told)],
        ] as const) {
          const head = Buffer.alloc(6);
          expect(batch).toEqual(Buffer.concat([head.subarray(0, putFieldHead(head, 0, 1, alone.length)), alone]));
        }
      }),
    );
  });

  it('are refused where they are cut off, or of a later version', () => {
    const whole = encodeRequest({ id: 7, access: 'read', command: Buffer.from('get') });
    for (let length = 1; length < whole.length; length += 1) {
      const cut = decodeRequest(whole.subarray(0, length));
      // Only between two fields does a part look like a whole.
      if (length === 9 || length === 11) expect(cut?.command).toHaveLength(0);
      else expect(cut).toBeNull();
    }
    expect(decodeReply(Buffer.from([(7 << 3) | 2, 0]))).toBeNull();
    expect(decodeReply(Buffer.alloc(0))).toBeNull();
  });
});

it('no decoder throws or hangs on garbage', () => {
  fc.assert(
    fc.property(bytes(2000), (garbage) => {
      const buffer = Buffer.from(garbage);
      decodeFrame(buffer);
      decodeRequests(buffer);
      decodeReplies(buffer);
      decodeRequest(buffer);
      decodeReply(buffer);
    }),
  );
});
