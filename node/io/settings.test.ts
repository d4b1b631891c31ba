import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type KeyPair, keyPairOf } from '../crypto/key-text.ts';
import { type NodeSettingsInput, readSettings, SettingsError } from './settings.ts';

const good: NodeSettingsInput = {
  runId: 'run-1',
  id: 'n1',
  members: ['n1', 'n2'],
  protocol: 'raft',
  dataFolder: '/data',
  listen: { peer: '0.0.0.0:7100', client: '[::]:7200', control: '127.0.0.1:0', metrics: 'localhost:7400' },
  peers: { n2: 'toxiproxy:20001' },
  token: '0123456789abcdef',
};

const [own, other] = [1, 2].map((byte) => keyPairOf(new Uint8Array(32).fill(byte))) as [KeyPair, KeyPair];
const publicKeys = { n1: own.publicKey, n2: other.publicKey };

const read = (changes: Record<string, unknown> = {}, environment: Record<string, string> = {}) =>
  readSettings({ SPLITBRAIN_NODE: JSON.stringify({ ...good, ...changes }), ...environment });

describe('the settings of a replica', () => {
  it('have defaults', () => {
    expect(read()).toEqual({
      ...good,
      electionTimeoutMs: [150, 300],
      heartbeatIntervalMs: 50,
      maxEntriesPerMessage: 64,
      logCacheBytes: 1 << 20,
      maxUncommittedBytes: 256 << 20,
      snapshotAfterBytes: 64 << 20,
      snapshotChunkBytes: 1 << 20,
      engine: 'wal',
      trace: true,
      endsWithStdin: false,
    });
  });

  it('may let some members come to the group later, this one included', () => {
    expect(read({ group: ['n2'] }).group).toEqual(['n2']);
    expect(read()).not.toHaveProperty('group');
  });

  it('may choose the sizes of quorums', () => {
    expect(read({ quorums: { phase1: 2, phase2: 1 } }).quorums).toEqual({ phase1: 2, phase2: 1 });
    expect(read()).not.toHaveProperty('quorums');
  });

  it('may hold the keys to sign with', () => {
    const keys = { privateKey: own.privateKey, publicKeys };
    expect(read({ keys }).keys).toEqual({ ...keys, clientKeys: {} });
    const clientKeys = { lab: keyPairOf(new Uint8Array(32).fill(9)).publicKey };
    expect(read({ keys: { ...keys, clientKeys } }).keys).toEqual({ ...keys, clientKeys });
    expect(read()).not.toHaveProperty('keys');
  });

  it('may come from a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'splitbrain-settings-'));
    const file = join(folder, 'n1.json');
    writeFileSync(file, JSON.stringify(good));
    expect(readSettings({ SPLITBRAIN_NODE_FILE: file }).id).toBe('n1');
    rmSync(folder, { recursive: true });
  });

  it('are overridden by the environment', () => {
    const environment = {
      CONSENSUS_ALGORITHM: 'paxos',
      ELECTION_TIMEOUT_MS: '200',
      HEARTBEAT_INTERVAL_MS: '20.5',
    };
    const overridden = { protocol: 'paxos', electionTimeoutMs: [200, 400], heartbeatIntervalMs: 20.5 };
    expect(read({}, environment)).toMatchObject(overridden);
    expect(read({}, { ELECTION_TIMEOUT_MS: '150-250' }).electionTimeoutMs).toEqual([150, 250]);
    expect(read({}, { ELECTION_TIMEOUT_MS: '', CONSENSUS_ALGORITHM: '' }).protocol).toBe('raft');
  });

  it.each([
    ['a stranger among the members', { members: ['n2', 'n3'] }, {}, 'wrong at members: must contain n1 itself'],
    ['a member twice', { members: ['n1', 'n2', 'n2'] }, {}, 'wrong at members: must not name a replica twice'],
    ['a stranger in the group', { group: ['n1', 'n3'] }, {}, 'wrong at group: must name members only, and none twice'],
    ['a member in the group twice', { group: ['n1', 'n1'] }, {}, 'wrong at group: must name members only, and none'],
    ['nobody in the group', { group: [] }, {}, 'wrong at group: too small'],
    [
      'a member without an address',
      { members: ['n1', 'n2', 'n3'] },
      {},
      'wrong at peers: must hold an address for each',
    ],
    ['an address of nobody', { peers: { n2: 'a:1', n3: 'b:2' } }, {}, 'wrong at peers: must hold an address for each'],
    ['an address without a port', { peers: { n2: 'toxiproxy' } }, {}, 'wrong at peers.n2: must be host:port'],
    [
      'quorums that may have nobody in common',
      { quorums: { phase1: 1, phase2: 1 } },
      {},
      'wrong at quorums: must be more than 2 in sum: quorums of 1 and of 1 in a group of 2 may have nobody in common.',
    ],
    [
      'a quorum of more than those who vote at first',
      { group: ['n2'], quorums: { phase1: 1, phase2: 2 } },
      {},
      'wrong at quorums: must not be larger than the group: there is no quorum of 2 in a group of 1.',
    ],
    ['a quorum of nobody', { quorums: { phase1: 0, phase2: 2 } }, {}, 'wrong at quorums.phase1: too small'],
    ['a quorum of one phase', { quorums: { phase1: 2 } }, {}, 'wrong at quorums.phase2: '],
    ['a short token', { token: 'x' }, {}, 'wrong at token: too small'],
    ['no keys of others', { keys: { privateKey: own.privateKey } }, {}, 'wrong at keys.publicKeys: '],
    [
      'keys of some members only',
      { keys: { privateKey: own.privateKey, publicKeys: { n1: own.publicKey } } },
      {},
      'wrong at keys: must hold a public key for each member, and for nobody else.',
    ],
    [
      'the private key of another',
      { keys: { privateKey: other.privateKey, publicKeys } },
      {},
      'wrong at keys: must hold the private key of n1, and holds another one.',
    ],
    ['a path for a protocol', { protocol: '../raft' }, {}, 'wrong at protocol: must be small letters'],
    ['a key that nobody knows', { speed: 9 }, {}, 'wrong: unrecognized key: "speed"'],
    ['a range that is upside down', {}, { ELECTION_TIMEOUT_MS: '300-150' }, 'wrong at electionTimeoutMs: must be [min'],
    [
      'words for a time',
      {},
      { HEARTBEAT_INTERVAL_MS: 'fast' },
      'HEARTBEAT_INTERVAL_MS must be in milliseconds, and is',
    ],
    [
      'three numbers for a range',
      {},
      { ELECTION_TIMEOUT_MS: '1-2-3' },
      'ELECTION_TIMEOUT_MS must be like 150 or 150-300',
    ],
  ])('say in one sentence what is wrong: %s', (_, changes, environment, sentence) => {
    expect(() => read(changes, environment)).toThrow(SettingsError);
    expect(() => read(changes, environment)).toThrow(sentence);
  });

  it.each([
    [{}, 'A replica needs its settings as JSON in SPLITBRAIN_NODE, or in the file SPLITBRAIN_NODE_FILE.'],
    [{ SPLITBRAIN_NODE: '{' }, 'SPLITBRAIN_NODE is not JSON'],
    [{ SPLITBRAIN_NODE: '7' }, 'SPLITBRAIN_NODE must hold a JSON object.'],
    [{ SPLITBRAIN_NODE_FILE: '/no/such/file' }, 'SPLITBRAIN_NODE_FILE cannot be read'],
  ])('say where they should be: %j', (environment, sentence) => {
    expect(() => readSettings(environment)).toThrow(sentence);
  });
});
