import { describe, expect, it } from 'vitest';
import type { Crypto } from '../contract/crypto.ts';
import type { ClientPolicy, ProtocolAbility } from '../contract/definition.ts';
import { ManualClock, ManualRandom } from '../manual-ports.ts';
import type { ClientRequest } from '../ports.ts';
import { replicaConfigOf } from './replica-config.ts';
import { drawKeys, keySettings, signingClients } from './run-keys.ts';
import { type NodeSettingsInput, readSettings, SettingsError } from './settings.ts';

const good: NodeSettingsInput = {
  ...{ runId: 'run-1', id: 'n1', members: ['n1', 'n2', 'n3'], protocol: 'some', dataFolder: '/data' },
  listen: { peer: 'a:1', client: 'a:2', control: 'a:3', metrics: 'a:4' },
  peers: { n2: 'b:1', n3: 'c:1' },
  token: '0123456789abcdef',
};

const settingsWith = (changes: Partial<NodeSettingsInput>) =>
  readSettings({ SPLITBRAIN_NODE: JSON.stringify({ ...good, ...changes }) });

const configOf = (changes: Partial<NodeSettingsInput>, ...abilities: ProtocolAbility[]) =>
  replicaConfigOf(settingsWith(changes), { abilities: new Set(abilities), signs: false });

describe('what a protocol is told', () => {
  it('names the first members, and nothing that nobody asked for', () => {
    expect(configOf({}).members).toEqual(['n1', 'n2', 'n3']);
    expect(configOf({ group: ['n2'] }).members).toEqual(['n2']);
    expect(configOf({}, 'lease-reads', 'flexible-quorums')).not.toHaveProperty('leaseReads');
    expect(configOf({}, 'lease-reads', 'flexible-quorums')).not.toHaveProperty('quorums');
    for (const asked of [{}, { quorumReads: false }]) expect(configOf(asked)).not.toHaveProperty('quorumReads');
  });

  it.each([
    [{ leaseReads: { maxClockDrift: 0.01 } }, 'lease-reads'],
    [{ quorumReads: true }, 'quorum-reads'],
    [{ quorums: { phase1: 3, phase2: 1 } }, 'flexible-quorums'],
  ] as const)('passes on what it can do, and refuses what it cannot: %j', (asked, ability) => {
    expect(configOf(asked, ability)).toMatchObject(asked);
    expect(() => configOf(asked, 'reconfigure')).toThrow(SettingsError);
    expect(() => configOf(asked, 'reconfigure')).toThrow(`asks for ${ability}, which the protocol "some" lacks.`);
  });

  it('passes on a mode that the protocol has, and refuses one that it has not', () => {
    const inMode = (mode: string, modes?: Record<string, string>) =>
      replicaConfigOf(settingsWith({ mode }), { abilities: new Set(), signs: false, ...(modes && { modes }) });
    expect(inMode('fast', { slow: '', fast: '' }).mode).toBe('fast');
    expect(configOf({})).not.toHaveProperty('mode');
    expect(() => inMode('linear', { slow: '', fast: '' })).toThrow(SettingsError);
    expect(() => inMode('linear', { slow: '', fast: '' })).toThrow(
      'The setting mode is wrong: the protocol "some" has no mode "linear"; it has slow, fast.',
    );
    expect(() => inMode('fast')).toThrow('the protocol "some" has one way to run, and no mode "fast".');
  });

  it('is nothing where the protocol cannot run in a group of so many; replicas that come later do not count', () => {
    const sizeFlaw = (count: number) => (count % 2 === 0 ? `An even number such as ${count} will not do.` : undefined);
    const sized = (changes: Partial<NodeSettingsInput>) =>
      replicaConfigOf(settingsWith(changes), { abilities: new Set(), signs: false, sizeFlaw });
    expect(sized({}).members).toHaveLength(3);
    expect(sized({ group: ['n2'] }).members).toEqual(['n2']);
    expect(() => sized({ group: ['n1', 'n2'] })).toThrow(SettingsError);
    expect(() => sized({ group: ['n1', 'n2'] })).toThrow('An even number such as 2 will not do.');
  });
});

describe('a protocol that signs', () => {
  const signing = { abilities: new Set<ProtocolAbility>(), signs: true };
  const ids = ['n1', 'n2', 'n3'] as const;
  const keys = drawKeys(ids, signing);
  const peers = (id: string) => Object.fromEntries(ids.flatMap((other) => (other === id ? [] : [[other, 'b:1']])));
  const settingsOf = (id: string) => settingsWith({ id, peers: peers(id), ...keySettings(keys, id) });

  function cryptoOf(id: string): Crypto {
    const { crypto } = replicaConfigOf(settingsOf(id), signing);
    if (crypto === undefined) throw new Error('there is no crypto');
    return crypto;
  }

  it('is given what its replicas sign with, and know each other by', () => {
    const bytes = new TextEncoder().encode('pbft commit slot 3');
    const signature = cryptoOf('n1').sign(bytes);
    for (const id of ids) expect(cryptoOf(id).verify('n1', bytes, signature)).toBe(true);
    for (const id of ids) expect(cryptoOf(id).verify('n2', bytes, signature)).toBe(false);
  });

  it('has what it signs and verifies counted', () => {
    const counts = { signatures: 0, verifications: 0 };
    const { crypto } = replicaConfigOf(settingsOf('n1'), signing, counts);
    const bytes = new Uint8Array(8);
    crypto?.verify('n1', bytes, crypto.sign(bytes));
    expect(counts).toEqual({ signatures: 1, verifications: 1 });
  });

  it('does not begin without keys, and says what to do', () => {
    const start = () => replicaConfigOf(settingsWith({}), signing);
    expect(start).toThrow(SettingsError);
    expect(start).toThrow(
      'The protocol "some" signs what its replicas say, and n1 has no keys for that: the setting keys must hold its privateKey and the publicKeys of all members.',
    );
  });

  it('knows what clients of the run have asked for, and takes nothing from others', () => {
    const sent: ClientRequest[] = [];
    const clock = new ManualClock();
    const send = (_: string, request: ClientRequest) => void sent.push(request);
    for (const run of [keys, drawKeys(ids, signing)]) {
      const policy: ClientPolicy = { replyQuorum: () => 1, reads: 'ordered' };
      const clients = signingClients(run?.client.privateKey ?? '', policy, { members: ['n1'], clock, send });
      clients.session(new ManualRandom()).call({ op: 'put', key: 'k', a: 'v', b: null }, 1000, () => {});
      clock.endTurn();
    }
    const { isGenuine } = replicaConfigOf(settingsOf('n2'), signing);
    expect(sent.map(({ command }) => isGenuine?.(command))).toEqual([true, false]);
  });

  it('is the only one that is given them', () => {
    const config = replicaConfigOf(settingsOf('n1'), { ...signing, signs: false });
    expect(config).not.toHaveProperty('crypto');
    expect(config).not.toHaveProperty('isGenuine');
    expect(drawKeys(ids, { signs: false })).toBe(undefined);
    expect(keySettings(undefined, 'n1')).toEqual({});
  });

  it('has other keys in each run, for each replica and for the clients', () => {
    const runs = [keys, drawKeys(ids, signing)];
    const pairs = runs.flatMap((run) => (run === undefined ? [] : [...run.replicas.values(), run.client]));
    expect(new Set(pairs.flatMap(({ privateKey, publicKey }) => [privateKey, publicKey])).size).toBe(16);
  });
});
