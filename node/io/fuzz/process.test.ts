/** Real processes that get garbage over real sockets: from a member of their group, from clients, from whoever steers them. */
import { type ChannelOptions, Client, credentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyPairOf } from '../../crypto/key-text.ts';
import { encodeCommand } from '../../machine/command.ts';
import type { ClientRequest } from '../../ports.ts';
import { pbftCodec } from '../../protocols/pbft/codec.ts';
import { encodeRequest, encodeRequests } from '../client-batches.ts';
import { callMethod, sessionMethod } from '../client-service.ts';
import { controlService } from '../control-service.ts';
import { eventually } from '../fixture.ts';
import { encodeFrame, maxFrameBytes } from '../peer-frames.ts';
import { sendMethod } from '../peer-service.ts';
import { TestCluster, testToken } from '../process-fixture.ts';
import { recordAllKinds } from './corpus-fixture.ts';
import { Draws } from './draws-fixture.ts';
import { members, WireGroup } from './group-fixture.ts';
import { flipped, lying, Mutations, truncated } from './mutations-fixture.ts';

const seed = 1;
const [attacker, victim] = ['n4', 'n2'] as const;
const callCount = 40;
const framesACall = 100;

const draws = new Draws(seed);
const drawPair = () => keyPairOf(draws.bytes(32));
const keys = { replicas: new Map(members.map((id) => [id, drawPair()])), client: drawPair() };
/** Of another group, whose n4 has the same keys: of what is said there only what n4 says is signed as it should be. */
const otherKeys = {
  replicas: new Map(members.map((id) => [id, (id === attacker ? keys.replicas.get(id) : undefined) ?? drawPair()])),
  client: drawPair(),
};

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ protocol: 'pbft', members, absent: [attacker], keys });
});
afterAll(() => cluster.close());

/** One call to the victim's port for replicas, with these bytes as its frames; resolves when it ends. */
function call(frames: readonly Buffer[]): Promise<StatusObject> {
  const options: ChannelOptions = { 'grpc.max_send_message_length': -1, 'grpc.use_local_subchannel_pool': 1 };
  const client = new Client(cluster.addressOf(victim, 'peer'), credentials.createInsecure(), options);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries({ from: attacker, to: victim, run: 'run-1' })) metadata.set(name, value);
  const { path, responseDeserialize } = sendMethod;
  const stream = client.makeClientStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    responseDeserialize,
    metadata,
    () => {},
  );
  for (const frame of frames) stream.write(frame);
  stream.end();
  return new Promise((resolve) =>
    stream.on('status', (end) => {
      client.close();
      resolve(end);
    }),
  );
}

/** The counters of the victim with this name, by the label that tells them apart. */
async function counters(name: string, label: string): Promise<Record<string, number>> {
  const page = await (await fetch(`http://${cluster.addressOf(victim, 'metrics')}/metrics`)).text();
  const found: Record<string, number> = {};
  for (const line of page.split('\n')) {
    const [, labels = '', value] = new RegExp(`^lab_${name}\\{(.*)\\} (\\d+)$`).exec(line) ?? [];
    const [, of] = new RegExp(`${label}="([^"]*)"`).exec(labels) ?? [];
    if (of !== undefined) found[of] = Number(value);
  }
  return found;
}

const frame = (sequence: number, message: Uint8Array) =>
  encodeFrame({ sequence, sentAtMs: Date.now(), messages: [message], unfinished: false });

it('a real replica counts what it gets of a malicious one, by why, and goes on', { timeout: 50_000 }, async () => {
  const group = new WireGroup(otherKeys, draws);
  const mutations = new Mutations(recordAllKinds(group), draws);
  let undecodable = 0;
  for (let made = 0; made < callCount; made += 1) {
    const messages = Array.from({ length: framesACall }, () => mutations.next().bytes);
    undecodable += messages.filter((bytes) => pbftCodec.decodeMessage(bytes) === null).length;
    const good = messages.map((message, at) => frame(at + 1, message));
    const [end, code] = [
      [[], status.OK],
      [[Buffer.alloc(50, 0xff)], status.INVALID_ARGUMENT],
      [[frame(1, Buffer.alloc(3))], status.INVALID_ARGUMENT],
      [[Buffer.alloc(maxFrameBytes + 1)], status.RESOURCE_EXHAUSTED],
    ][made % 4] as [Buffer[], status];
    expect((await call([...good, ...end])).code).toBe(code);
  }
  const each = callCount / 4;
  await eventually(async () => {
    const received = await counters('network_peer_received_messages_total', 'peer');
    return received[attacker] === callCount * framesACall;
  }, 'all messages that came whole are counted');
  const refused = await counters('network_refused_total', 'reason');
  expect(refused).toMatchObject({
    'frame-undecodable': each,
    'frame-out-of-order': each,
    'frame-too-long': each,
    'message-undecodable': undecodable,
  });
  expect(refused['invalid']).toBeGreaterThan(100);
  expect((await cluster.control(victim).status()).refused).toMatchObject({ 'message-undecodable': undecodable });
  await expectAnswer();
});

async function expectAnswer(): Promise<void> {
  expect(await cluster.client()({ op: 'put', key: 'k', a: 'v' })).toMatchObject({ kind: 'answered' });
  expect(cluster.process(victim).facts('stopped')).toEqual([]);
}

/** Calls of one method with these bytes each, on streams of their own; what each ended with. */
async function calls(part: 'client' | 'control', path: string, bytes: readonly Buffer[]): Promise<status[]> {
  const client = new Client(cluster.addressOf(victim, part), credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${testToken}`);
  const raw = (plain: Buffer) => plain;
  const ends = bytes.map((each) => {
    const stream = client.makeBidiStreamRequest(path, raw, raw, metadata, { deadline: Date.now() + 3000 });
    stream.on('error', () => {}).resume();
    stream.end(each);
    return new Promise<status>((resolve) => stream.on('status', ({ code }) => resolve(code)));
  });
  const codes = await Promise.all(ends);
  client.close();
  return codes;
}

const damaged = (bytes: Buffer, count: number) =>
  Array.from({ length: count }, () => draws.pick([flipped, truncated, lying])(bytes, draws));

it('garbage of clients ends no replica', { timeout: 50_000 }, async () => {
  const command = encodeCommand({ op: 'put', session: 1, sequence: 1, key: 'k', a: 'v', b: null });
  const request: ClientRequest = { id: 1, access: 'write', command };
  const onStreams = await calls('client', sessionMethod.path, damaged(encodeRequests([request, request]), 200));
  expect(onStreams).toContain(status.INVALID_ARGUMENT);
  const single = await calls('client', callMethod.path, damaged(encodeRequest(request), 200));
  expect(single).toContain(status.INVALID_ARGUMENT);
  await expectAnswer();
});

it('garbage in calls of control ends no replica', { timeout: 50_000 }, async () => {
  for (const name of ['Status', 'SetFault', 'Order']) {
    const method = controlService[name];
    const sound = method?.requestSerialize({ withStateHash: true, slowDisk: { ms: 1 }, transfer: { to: 'n1' } });
    const codes = await calls('control', method?.path ?? '', damaged(sound ?? Buffer.alloc(0), 60));
    expect(codes.length).toBe(60);
  }
  await cluster.control(victim).setFault({ kind: 'clear' });
  await expectAnswer();
});
