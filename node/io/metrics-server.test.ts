import { afterEach, describe, expect, test } from 'vitest';
import { Metrics, type MetricsSource } from './metrics.ts';
import { MetricsServer } from './metrics-server.ts';
import { readSettings } from './settings.ts';
import { readStatus, type StatusPage } from './status-page.ts';

const status: StatusPage = {
  schemaVersion: 3,
  runId: 'run-1',
  id: 'n2',
  protocol: 'raft',
  members: ['n1', 'n2', 'n3'],
  group: null,
  role: 'follower',
  epoch: 3,
  leader: 'n1',
  commitIndex: 7,
  lastIndex: 8,
  appliedIndex: 6,
  uptimeMs: 1234,
  refused: { invalid: 2 },
};

const source: MetricsSource = {
  view: () => ({ role: 'follower', epoch: 3, commitIndex: 7, lastIndex: 8 }),
  appliedIndex: () => 6,
  traffic: () => [],
  inbound: () => [],
  refused: () => ({ invalid: 2 }),
  faults: () => [],
};

const metrics = new Metrics({ protocol: 'raft', node: 'n2' }, source);

let server: MetricsServer | undefined;
afterEach(() => server?.close());

function open(options: Partial<ConstructorParameters<typeof MetricsServer>[0]> = {}): Promise<string> {
  server = new MetricsServer({ metrics, status: () => status, healthy: () => true, ...options });
  return server.open('127.0.0.1:0');
}

describe('the metrics server', () => {
  test('shows the status as JSON, as it is at each request', async () => {
    let epoch = 3;
    const address = await open({ status: () => ({ ...status, epoch }) });
    const response = await fetch(`http://${address}/status?x=1`);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(await response.json()).toEqual(status);
    epoch = 4;
    expect(await readStatus(address, 5000)).toEqual({ ...status, epoch: 4 });
  });

  test('counts signatures where the protocol signs, and shows no such metric where it does not', async () => {
    const counts = { signatures: 7, verifications: 30 };
    const signing = new Metrics({ protocol: 'pbft', node: 'n2' }, { ...source, crypto: () => counts });
    const { text } = await signing.page();
    expect(text).toContain('lab_crypto_signatures_total{protocol="pbft",node="n2"} 7\n');
    expect(text).toContain('lab_crypto_verifications_total{protocol="pbft",node="n2"} 30\n');
    expect((await metrics.page()).text).not.toContain('lab_crypto');
  });

  test('shows of what nothing came, by why', async () => {
    const page = await (await fetch(`http://${await open()}/metrics`)).text();
    expect(page).toMatch(/^lab_network_refused_total\{reason="invalid",protocol="raft",node="n2"\} 2$/m);
  });

  test.each(['HEAD', 'POST'])('answers no %s', async (method) => {
    const address = await open();
    for (const path of ['status', 'metrics', 'healthz']) {
      expect((await fetch(`http://${address}/${path}`, { method })).status).toBe(404);
    }
  });

  test.each([
    [true, 200, 'ok\n'],
    [false, 503, 'stopped\n'],
  ])('says whether the replica runs: %s', async (well, code, text) => {
    const address = await open({ healthy: () => well });
    const response = await fetch(`http://${address}/healthz`);
    expect([response.status, await response.text()]).toEqual([code, text]);
    expect(await readStatus(address, 5000)).toEqual(status);
  });

  test('outlives a status that cannot be told', async () => {
    const address = await open({
      status: () => {
        throw new Error('no view');
      },
    });
    await expect(readStatus(address, 5000)).rejects.toThrow(/^HTTP 500$/);
    expect((await fetch(`http://${address}/metrics`)).status).toBe(200);
  });

  test('shows a status that can be read of the largest group that the settings allow', async () => {
    const members = Array.from({ length: 100 }, (_, place) => `${place}`.padStart(64, 'n'));
    const [id, ...others] = members as [string, ...string[]];
    const settings = {
      runId: 'r'.repeat(128),
      id,
      members,
      protocol: 'p'.repeat(60),
      dataFolder: 'data',
      listen: { peer: 'h:0', client: 'h:0', control: 'h:0', metrics: 'h:0' },
      peers: Object.fromEntries(others.map((other) => [other, 'h:1'])),
      token: 't'.repeat(16),
    };
    const { runId, protocol } = readSettings({ SPLITBRAIN_NODE: JSON.stringify(settings) });
    const group = { voters: members, learners: members };
    const largest = { ...status, runId, id, protocol, members, group, leader: id, epoch: Number.MAX_SAFE_INTEGER };
    expect(await readStatus(await open({ status: () => largest }), 5000)).toEqual(largest);
  });
});
