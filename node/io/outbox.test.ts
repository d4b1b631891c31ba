import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox } from './outbox.ts';
import { decodeFrame, encodeFrame, fullFrameBytes, maxFrameBytes, maxMessageBytes, Reassembly } from './peer-frames.ts';

function framesOf(outbox: Outbox, first = 1): Buffer[] {
  const frames: Buffer[] = [];
  for (let sequence = first; !outbox.empty; sequence += 1) {
    frames.push(encodeFrame({ sequence, sentAtMs: 1, ...outbox.take() }));
  }
  return frames;
}

function received(frames: readonly Buffer[]): Uint8Array[] | null {
  const reassembly = new Reassembly();
  const messages: Uint8Array[] = [];
  for (const bytes of frames) {
    const frame = decodeFrame(bytes);
    const whole = frame === null ? null : reassembly.take(frame);
    if (whole === null || typeof whole === 'string') return null;
    messages.push(...whole);
  }
  return messages;
}

describe('an outbox', () => {
  it('gathers small messages into one frame, in order', () => {
    const outbox = new Outbox();
    for (const text of ['a', 'b', 'c']) outbox.push(Buffer.from(text));
    expect(outbox.take()).toEqual({ messages: ['a', 'b', 'c'].map((text) => Buffer.from(text)), unfinished: false });
    expect(outbox.empty).toBe(true);
  });

  it('cuts messages of any size so that they arrive whole, in frames that are not too large', () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 3 * fullFrameBytes }));
    fc.assert(
      fc.property(fc.array(size, { maxLength: 6 }), (sizes) => {
        const outbox = new Outbox();
        const messages = sizes.map((length, index) => Buffer.alloc(length, index + 1));
        for (const message of messages) outbox.push(message);
        const frames = framesOf(outbox);
        for (const frame of frames) expect(frame.length).toBeLessThan(maxFrameBytes);
        const arrived = received(frames);
        expect(arrived?.map((message) => message.length)).toEqual(sizes);
        expect(arrived?.every((message, index) => Buffer.compare(message, messages[index] as Buffer) === 0)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('drops the oldest when it is full, and counts them', () => {
    const outbox = new Outbox();
    for (let index = 0; index < 10_000; index += 1) outbox.push(Buffer.from(String(index)));
    expect(outbox.length).toBe(8192);
    expect(outbox.dropped).toBe(10_000 - 8192);
    expect(String(outbox.take().messages[0])).toBe('1808');
  });

  it('is bounded in bytes, too, but keeps the newest message whatever its size', () => {
    const outbox = new Outbox();
    for (let index = 0; index < 40; index += 1) outbox.push(Buffer.alloc(1 << 20));
    expect(outbox.length).toBe(16);
    outbox.push(Buffer.alloc(32 << 20));
    expect(outbox.length).toBe(1);
    expect(outbox.dropped).toBe(40);
  });

  it('does not take a message that no receiver would take', () => {
    const outbox = new Outbox();
    outbox.push(Buffer.alloc(maxMessageBytes + 1));
    expect(outbox).toMatchObject({ empty: true, dropped: 1 });
  });

  it('goes on with a message that is half sent, even when it overflows meanwhile', () => {
    const outbox = new Outbox();
    const large = Buffer.alloc(3 * fullFrameBytes, 7);
    outbox.push(large);
    const first = encodeFrame({ sequence: 1, sentAtMs: 1, ...outbox.take() });
    for (let index = 0; index < 9000; index += 1) outbox.push(Buffer.from([1]));
    const arrived = received([first, ...framesOf(outbox, 2)]);
    expect(arrived?.[0]?.length).toBe(large.length);
    expect(arrived?.length).toBe(8192);
  });

  it('forgets the rest of a message that was half sent on a connection that broke', () => {
    const outbox = new Outbox();
    outbox.push(Buffer.alloc(3 * fullFrameBytes));
    outbox.push(Buffer.from('next'));
    outbox.take();
    outbox.restart();
    expect(outbox.take().messages.map(String)).toEqual(['next']);
    expect(outbox.dropped).toBe(1);
  });
});

it('a receiver does not put together more than the largest message', () => {
  const reassembly = new Reassembly();
  const part = { sentAtMs: 1, messages: [Buffer.alloc(fullFrameBytes)], unfinished: true };
  const last = maxMessageBytes / fullFrameBytes;
  for (let sequence = 1; sequence <= last; sequence += 1) expect(reassembly.take({ ...part, sequence })).toEqual([]);
  expect(reassembly.take({ ...part, sequence: last + 1 })).toBe('message-too-long');
});
