import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CallOutcome } from './client.ts';
import { ReplicaControl } from './io/control-client.ts';
import { eventually } from './io/fixture.ts';
import { Spawned, TestCluster } from './io/process-fixture.ts';
import { readStatus } from './io/status-page.ts';
import { openWal } from './io/wal/wal.ts';
import { raftCodec } from './protocols/raft/codec.ts';

function resultOf(outcome: CallOutcome): string | null | undefined {
  return outcome.kind === 'answered' && outcome.result.status === 'ok' ? outcome.result.value : undefined;
}

describe('three replica processes', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
  });
  afterAll(() => cluster.close());

  const leader = async () => {
    let found: string | undefined;
    await eventually(async () => {
      found = await cluster.leader();
      return found !== undefined;
    }, 'there is a leader');
    return found as string;
  };

  const hashesAgree = async () => {
    const all = await Promise.all(
      cluster.members.map((id) =>
        cluster
          .control(id)
          .status({ withStateHash: true })
          .catch(() => null),
      ),
    );
    const hashes = new Set(all.map((each) => each?.stateHash ?? 'none'));
    return new Set(all.map((each) => each?.appliedIndex)).size === 1 && hashes.size === 1 && !hashes.has('none');
  };

  it('take writes and answer reads', async () => {
    const call = cluster.client();
    expect(resultOf(await call({ op: 'put', key: 'k', a: 'v' }))).toBeNull();
    expect(resultOf(await call({ op: 'append', key: 'k', a: 'w' }))).toBe('vw');
    expect(resultOf(await cluster.client()({ op: 'get', key: 'k' }))).toBe('vw');
    await eventually(hashesAgree, 'all three have the same state');
  });

  it('say what they are and note what happens to them', async () => {
    const id = await leader();
    expect(await cluster.control(id).status()).toMatchObject({ id, runId: 'run-1', protocol: 'raft', stateHash: null });
    const spawned = cluster.process(id);
    expect(spawned.facts('started')).toMatchObject([{ listen: cluster.settings[id]?.listen }]);
    expect(spawned.facts('role').at(-1)).toMatchObject({ role: 'leader' });
    // On a busy machine a link may fall silent, and be heard again.
    const heard = new Set(spawned.facts('link-heard').map(({ from }) => from));
    expect([...heard].sort()).toEqual(cluster.members.filter((member) => member !== id));
    expect(spawned.facts('apply').length).toBeGreaterThan(0);
    expect(spawned.lines.every(({ time }) => Math.abs(time - Date.now()) < 120_000)).toBe(true);
  });

  it('lose no acknowledged write when the leader is killed again and again', async () => {
    const call = cluster.client();
    const acknowledged: number[] = [];
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n += 1) {
        const outcome = await call({ op: 'put', key: `write ${n}`, a: String(n) });
        if (outcome.kind === 'answered') acknowledged.push(n);
      }
    })();
    for (let round = 0; round < 2; round += 1) {
      const before = acknowledged.length;
      await eventually(() => acknowledged.length > before + 20, 'writes go on');
      const victim = await leader();
      cluster.process(victim).signal('SIGKILL');
      expect(await cluster.process(victim).exited).toEqual({ code: null, signal: 'SIGKILL' });
      const count = acknowledged.length;
      await eventually(() => acknowledged.length > count, 'the others go on without it');
      cluster.start(victim);
      await eventually(
        async () =>
          (await cluster
            .control(victim)
            .status()
            .catch(() => null)) !== null,
        'it is back',
      );
    }
    writing = false;
    await writer;
    const read = cluster.client();
    for (const n of acknowledged) expect(resultOf(await read({ op: 'get', key: `write ${n}` }))).toBe(String(n));
    await eventually(hashesAgree, 'all three have the same state, the restarted ones, too');
  });

  it('notice that one of them is paused, and that it goes on', async () => {
    const paused = (await leader()) === 'n1' ? 'n2' : 'n1';
    const witness = cluster.process('n3');
    const seen = (type: string) => witness.facts(type).filter(({ from }) => from === paused).length;
    const [silent, heard] = [seen('link-silent'), seen('link-heard')];
    cluster.process(paused).signal('SIGSTOP');
    await eventually(() => seen('link-silent') > silent, 'the silence is noticed');
    cluster.process(paused).signal('SIGCONT');
    await eventually(() => seen('link-heard') > heard, 'its end is noticed');
  });

  it('are slowed by a slow disk until it is cleared', async () => {
    const control = cluster.control(await leader());
    const call = cluster.client();
    await call({ op: 'put', key: 'slow', a: '0' });
    for (const id of cluster.members) await cluster.control(id).setFault({ kind: 'slow-disk', ms: 60 });
    expect((await control.status()).faults).toEqual(['slow-disk 60 ms']);
    const startMs = performance.now();
    expect(resultOf(await call({ op: 'put', key: 'slow', a: '1' }))).toBeNull();
    expect(performance.now() - startMs).toBeGreaterThan(55);
    for (const id of cluster.members) await cluster.control(id).setFault({ kind: 'clear' });
    expect((await control.status()).faults).toEqual([]);
  });

  it('keep a second process of the same name away', async () => {
    const second = new Spawned({ SPLITBRAIN_NODE: JSON.stringify(cluster.settings['n1']) });
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.lines.at(-1)?.msg).toMatch(/^the replica could not start: /);
    expect(await cluster.control('n1').status()).toMatchObject({ id: 'n1' });
  });

  it('refuse a wrong token', async () => {
    const stranger = new ReplicaControl(cluster.addressOf('n1', 'control'), 'not the token of this run');
    await expect(stranger.status()).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    stranger.close();
  });

  it('are well, and show their metrics', async () => {
    const base = `http://${cluster.addressOf(await leader(), 'metrics')}`;
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/nothing`)).status).toBe(404);
    const page = await fetch(`${base}/metrics`);
    expect(page.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const samples = (await page.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const sample of samples) {
      expect(sample).toMatch(
        /^(lab_[a-z_]+|process_cpu_seconds_total|process_resident_memory_bytes)\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\} -?[\d.e+-]+(Inf)?$/,
      );
      expect(sample).toContain('protocol="raft"');
      expect(sample).toMatch(/node="n[123]"/);
    }
    expect(samples).toContainEqual(expect.stringMatching(/^lab_server_is_leader\{.*\} 1$/));
    expect(samples).toContainEqual(expect.stringMatching(/^lab_consensus_epoch\{.*kind="term".*\} [1-9]/));
    expect(samples).toContainEqual(expect.stringMatching(/^lab_disk_wal_fsync_duration_seconds_count\{.*\} [1-9]/));
    expect(samples).toContainEqual(expect.stringMatching(/^lab_network_peer_sent_bytes_total\{.*peer=.*\} [1-9]/));
    expect(samples).toContainEqual(expect.stringMatching(/^lab_network_peer_sent_messages_total\{.*peer=.*\} [1-9]/));
    expect(samples).toContainEqual(expect.stringMatching(/^process_cpu_seconds_total\{.*\} [\d.]*[1-9]/));
    expect(samples).toContainEqual(expect.stringMatching(/^process_resident_memory_bytes\{.*\} [1-9]\d{6,}/));
  });

  it('tell without a token what they know of themselves, and agree about the leader', async () => {
    expect(resultOf(await cluster.client()({ op: 'put', key: 'status', a: 'told' }))).toBeNull();
    const read = () => Promise.all(cluster.members.map((id) => readStatus(cluster.addressOf(id, 'metrics'), 10_000)));
    let all = await read();
    await eventually(async () => {
      all = await read();
      const [first] = all;
      const leads = all.filter(({ id, role }) => role === 'leader' && id === first?.leader);
      const same = all.every(
        ({ leader, epoch, appliedIndex }) =>
          leader === first?.leader && epoch === first?.epoch && appliedIndex === first?.appliedIndex,
      );
      return leads.length === 1 && same;
    }, 'all three name the one that says that it leads');
    for (const [place, id] of cluster.members.entries()) {
      const told = all[place];
      const { members } = cluster;
      expect(told).toMatchObject({
        schemaVersion: 3,
        runId: 'run-1',
        id,
        protocol: 'raft',
        members,
        group: { voters: members, learners: [] },
      });
      expect(told?.appliedIndex).toBeGreaterThan(0);
      expect(told?.commitIndex).toBeGreaterThanOrEqual(told?.appliedIndex ?? 0);
      expect(told?.lastIndex).toBeGreaterThanOrEqual(told?.commitIndex ?? 0);
      expect(told?.uptimeMs).toBeGreaterThan(0);
      expect(told?.uptimeMs).toBeLessThanOrEqual((await cluster.control(id).status()).uptimeMs);
    }
  });

  // Last, for it ends them.
  it('stop on SIGTERM with exit code 0, and leave no port open', async () => {
    for (const id of cluster.members) cluster.process(id).signal('SIGTERM');
    const exits = await Promise.all(cluster.members.map((id) => cluster.process(id).exited));
    expect(exits).toEqual(Array(3).fill({ code: 0, signal: null }));
    for (const { listen } of Object.values(cluster.settings)) {
      for (const address of Object.values(listen)) await bindOnce(address);
    }
  });
});

/** Rejects where somebody listens at the address. */
function bindOnce(address: string): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(address.split(':')[1]), '127.0.0.1', () => server.close(() => resolve()));
  });
}

describe('a replica process that cannot start', () => {
  const settings = {
    runId: 'run-1',
    id: 'n1',
    members: ['n1'],
    protocol: 'raft',
    dataFolder: '/dev/null/data',
    listen: { peer: '127.0.0.1:0', client: '127.0.0.1:0', control: '127.0.0.1:0', metrics: '127.0.0.1:0' },
    peers: {},
    token: '0123456789abcdef',
  };

  it.each([
    ['no settings', {}, 4, 'A replica needs its settings'],
    ['an unknown protocol', { ...settings, protocol: 'rafd' }, 4, 'There is no protocol "rafd".'],
    ['an unknown bug', { ...settings, bug: 'none' }, 4, 'There is no planted bug "none" of raft.'],
    [
      'quorums that its protocol cannot choose',
      { ...settings, quorums: { phase1: 1, phase2: 1 } },
      4,
      'The setting quorums asks for flexible-quorums, which the protocol "raft" lacks.',
    ],
    [
      'quorums of nobody',
      { ...settings, quorums: { phase1: 1, phase2: 2 } },
      4,
      'is wrong at quorums: must not be larger',
    ],
    ['no disk', settings, 1, 'the replica could not start: ENOTDIR'],
  ])('for %s says so in a sentence and exits', async (_, given, code, sentence) => {
    const text = Object.keys(given).length === 0 ? '' : JSON.stringify(given);
    const spawned = new Spawned({ SPLITBRAIN_NODE: text });
    expect(await spawned.exited).toEqual({ code, signal: null });
    expect(spawned.lines.at(-1)).toMatchObject({ level: 'fatal', msg: expect.stringContaining(sentence) });
  });

  it.each([
    ['holds what is no record', Buffer.from('no record'), 'the replica could not start: record 1 of the log is whole'],
    [
      'breaks an invariant of the protocol',
      Buffer.concat(
        raftCodec.encodeRecord({ kind: 'entries', from: 100, entries: [{ term: 1, payload: new Uint8Array(0) }] }),
      ),
      'the replica stopped: ',
    ],
  ])('because its log %s says so and exits', async (_, record, sentence) => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'splitbrain-main-'));
    const { wal } = await openWal(dataFolder);
    wal.append(record);
    await wal.close();
    const spawned = new Spawned({ SPLITBRAIN_NODE: JSON.stringify({ ...settings, dataFolder }) });
    expect(await spawned.exited).toEqual({ code: 1, signal: null });
    expect(spawned.lines.at(-1)).toMatchObject({ level: 'fatal', msg: expect.stringContaining(sentence) });
    rmSync(dataFolder, { recursive: true });
  });
});
