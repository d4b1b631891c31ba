import { type ChannelOptions, Client, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './fixture.ts';
import { freeAddresses } from './free-addresses.ts';
import type { LinkFact } from './link-watch.ts';
import { encodeFrame } from './peer-frames.ts';
import { sendMethod } from './peer-service.ts';
import { linkIntervalMsFor, PeerTransport } from './peer-transport.ts';
import { TcpLink } from './tcp-link.ts';

/** Messages are texts; those that begin with `!` cannot be decoded. */
const codec = {
  encodeMessage: (msg: string) => Buffer.from(msg),
  decodeMessage: (bytes: Uint8Array) => {
    const text = Buffer.from(bytes).toString();
    return text.startsWith('!') ? null : text;
  },
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

interface End {
  readonly transport: PeerTransport<string>;
  readonly received: string[];
  /** Whose stream broke off. */
  readonly broken: string[];
  readonly facts: LinkFact[];
  readonly complaints: string[];
}

async function open(id: string, address: string, peers: Record<string, string>): Promise<End> {
  const received: string[] = [];
  const broken: string[] = [];
  const facts: LinkFact[] = [];
  const complaints: string[] = [];
  const transport = new PeerTransport<string>({
    id,
    runId: 'run-1',
    peers,
    codec,
    intervalMs: 10,
    receive: (from, msg) => received.push(`${from}: ${msg.length > 100 ? msg.length : msg}`),
    onBroken: (from) => broken.push(from),
    onLinkFact: (fact) => facts.push(fact),
    log: (sentence) => complaints.push(sentence),
  });
  closers.push(() => transport.close());
  await transport.open(address);
  return { transport, received, broken, facts, complaints };
}

/** n1 and n2; what n1 sends passes through `link`. */
async function pair() {
  const [first = '', second = ''] = await freeAddresses(2);
  const { link, address } = await TcpLink.open(() => second);
  closers.push(() => link.close());
  const n2 = await open('n2', second, { n1: first });
  const n1 = await open('n1', first, { n2: address });
  await eventually(() => n2.facts.length > 0 && n1.facts.length > 0, 'both links are heard');
  return { n1, n2, link, second };
}

const types = (facts: readonly LinkFact[]) => facts.map(({ type }) => type);

describe('a link', () => {
  it('carries messages in order, small ones together, large ones in parts', async () => {
    const { n1, n2 } = await pair();
    n1.transport.send('n2', 'a');
    n1.transport.send('n2', 'b'.repeat(9 << 20));
    n1.transport.send('n2', 'c');
    n1.transport.send('n9', 'to nobody');
    await eventually(() => n2.received.length === 3, 'all three arrived');
    expect(n2.received).toEqual(['n1: a', `n1: ${9 << 20}`, 'n1: c']);
    expect(n1.transport.traffic()).toMatchObject([{ peer: 'n2', sentBytes: (9 << 20) + 2, dropped: 0 }]);
    expect(n2.transport.traffic()).toMatchObject([{ peer: 'n1', receivedBytes: (9 << 20) + 2, receivedMessages: 3 }]);
  });

  it('that breaks is dialled again, and carries what was sent meanwhile', async () => {
    const { n1, n2, link } = await pair();
    link.breakOff();
    await eventually(() => n1.complaints.some((line) => line.startsWith('the link to n2 is down')), 'it is noticed');
    n1.transport.send('n2', 'meanwhile');
    await eventually(() => n2.received.includes('n1: meanwhile'), 'it arrived');
    expect(n2.broken).toEqual(['n1']);
  });

  it('whose sender ends is told as broken at its far end, at once and once', async () => {
    const { n1, n2 } = await pair();
    n1.transport.send('n2', 'last words');
    await eventually(() => n2.received.length === 1, 'it arrived');
    n1.transport.close();
    await eventually(() => n2.broken.length > 0, 'the end is told');
    // Before the silence that follows.
    expect(types(n2.facts)).not.toContain('link-silent');
    await eventually(() => types(n2.facts).includes('link-silent'), 'the silence is noticed');
    n2.transport.close();
    expect(n2.broken).toEqual(['n1']);
    expect(n1.broken).toEqual([]);
  });

  it('that holds all bytes is reported silent at its far end only, and heard again when it is released', async () => {
    const { n1, n2, link } = await pair();
    link.hold();
    await eventually(() => types(n2.facts).includes('link-silent'), 'the silence is reported');
    expect(n2.transport.inbound()).toMatchObject([{ from: 'n1', silent: true }]);
    n1.transport.send('n2', 'held');
    link.release();
    await eventually(() => types(n2.facts).at(-1) !== 'link-silent', 'it is heard again');
    await eventually(() => n2.received.includes('n1: held'), 'what was held arrived');
  });

  it('that is held for longer than the keepalive comes back within two seconds of its release', async () => {
    const { n1, n2, link } = await pair();
    link.hold();
    await eventually(() => n1.complaints.some((line) => line.startsWith('the link to n2 is down')), 'n1 gives it up');
    const releasedMs = performance.now();
    link.release();
    n1.transport.send('n2', 'after');
    await eventually(() => n2.received.includes('n1: after'), 'it arrived');
    expect(performance.now() - releasedMs).toBeLessThan(2000);
  });

  it('that delays all bytes is reported slow, then calm', async () => {
    const { n2, link } = await pair();
    await eventually(() => (n2.transport.inbound()[0]?.frames ?? 0) > 20, 'there is a calm delay to compare with');
    link.delayMs = 80;
    await eventually(() => types(n2.facts).includes('link-slow'), 'the delay is reported');
    link.delayMs = 0;
    await eventually(() => types(n2.facts).includes('link-calm'), 'its end is reported');
    const slow = n2.facts.find((fact) => fact.type === 'link-slow');
    expect(slow?.type === 'link-slow' && slow.delayMs - slow.calmMs).toBeGreaterThan(10);
  });

  it('takes messages while nobody is there, and drops the oldest', async () => {
    const [first = '', nobody = ''] = await freeAddresses(2);
    const { transport } = await open('n1', first, { n2: nobody });
    for (let count = 0; count < 10_000; count += 1) transport.send('n2', String(count));
    expect(transport.traffic()).toMatchObject([{ sentBytes: 0, dropped: 10_000 - 8192 }]);
  });
});

/** A stranger's call to the peer port of n2, with any greeting and any bytes. */
function stranger(address: string, greeting: Record<string, string>, frames: readonly Buffer[]): Promise<StatusObject> {
  const options: ChannelOptions = { 'grpc.max_send_message_length': -1, 'grpc.use_local_subchannel_pool': 1 };
  const client = new Client(address, credentials.createInsecure(), options);
  closers.push(() => client.close());
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(greeting)) metadata.set(key, value);
  const { path, responseDeserialize } = sendMethod;
  const call = client.makeClientStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    responseDeserialize,
    metadata,
    () => {},
  );
  for (const frame of frames) call.write(frame);
  return new Promise((resolve) => call.on('status', resolve));
}

describe('garbage on the peer port', () => {
  const hello = encodeFrame({ sequence: 1, sentAtMs: Date.now(), messages: [Buffer.from('hi')], unfinished: false });
  const asN1 = { from: 'n1', to: 'n2', run: 'run-1' };

  it.each([
    ['of another run', { ...asN1, run: 'run-2' }, 'a caller of run "run-2" was refused: this is run "run-1"'],
    ['for another replica', { ...asN1, to: 'n3' }, 'a call for "n3" was refused: this is n2'],
    ['from nobody', { to: 'n2', run: 'run-1' }, 'a caller named "" was refused: it is no other member'],
    ['from itself', { ...asN1, from: 'n2' }, 'a caller named "n2" was refused: it is no other member'],
    ['from a stranger', { ...asN1, from: '"\\ n9' }, 'a caller named "???n9" was refused: it is no other member'],
  ])('%s is refused', async (_, greeting, sentence) => {
    const { n2, second } = await pair();
    const end = await stranger(second, greeting, [hello]);
    expect(end).toMatchObject({ code: status.PERMISSION_DENIED, details: sentence });
    expect(n2.complaints).toContain(sentence);
    expect(n2.transport.refused()).toMatchObject({ caller: 1, 'frame-undecodable': 0 });
    expect(n2.received).toEqual([]);
  });

  it.each([
    ['an undecodable frame', Buffer.alloc(100, 0xff), status.INVALID_ARGUMENT, 'frame-undecodable'],
    [
      'a frame out of order',
      encodeFrame({ sequence: 5, sentAtMs: 1, messages: [], unfinished: false }),
      status.INVALID_ARGUMENT,
      'frame-out-of-order',
    ],
    ['an oversized frame', Buffer.alloc(5 << 20, 1), status.RESOURCE_EXHAUSTED, 'frame-too-long'],
  ])('%s ends the call it came in, and the true n1 is not disturbed', async (_, garbage, code, why) => {
    const { n1, n2, second } = await pair();
    expect(await stranger(second, asN1, [garbage])).toMatchObject({ code });
    await eventually(
      () => Object.entries(n2.transport.refused()).some(([each, count]) => each === why && count === 1),
      'it is counted',
    );
    n1.transport.send('n2', 'still here');
    await eventually(() => n2.received.includes('n1: still here'), 'the true n1 is heard');
    expect(n1.complaints.filter((line) => line.includes('down'))).toEqual([]);
  });

  it('a newer call of the same sender takes the place of the older one, which dials again', async () => {
    const { n1, n2, second } = await pair();
    void stranger(second, asN1, [hello]);
    await eventually(() => n2.received.includes('n1: hi'), 'the newer call is heard');
    await eventually(() => n1.complaints.some((line) => line.includes('replaced')), 'the older call has ended');
    await eventually(() => {
      n1.transport.send('n2', 'again');
      return n2.received.includes('n1: again');
    }, 'the true n1 is heard');
  });

  it('a message that the codec refuses is counted, and the rest is taken', async () => {
    const { n1, n2 } = await pair();
    for (const text of ['!', 'fine', '!']) n1.transport.send('n2', text);
    await eventually(() => n2.received.length === 1, 'the good one arrived');
    await eventually(() => n2.transport.inbound()[0]?.undecodable === 2, 'the others are counted');
    expect(n2.complaints.filter((line) => line.includes('decoded'))).toEqual([
      'a message could not be decoded, from n1',
      'a message could not be decoded, from n1 (2 times)',
    ]);
  });
});

it('signs of life become rarer as the group grows, up to 20 members', () => {
  expect([3, 5, 10, 20, 21, 100].map(linkIntervalMsFor)).toEqual([25, 25, 100, 400, 400, 400]);
});
