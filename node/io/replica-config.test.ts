import { describe, expect, it } from 'vitest';
import type { ProtocolAbility } from '../protocol.ts';
import { replicaConfigOf } from './replica-config.ts';
import { type NodeSettingsInput, readSettings, SettingsError } from './settings.ts';

const good: NodeSettingsInput = {
  ...{ runId: 'run-1', id: 'n1', members: ['n1', 'n2', 'n3'], protocol: 'some', dataFolder: '/data' },
  listen: { peer: 'a:1', client: 'a:2', control: 'a:3', metrics: 'a:4' },
  peers: { n2: 'b:1', n3: 'c:1' },
  token: '0123456789abcdef',
};

const configOf = (changes: Partial<NodeSettingsInput>, ...abilities: ProtocolAbility[]) =>
  replicaConfigOf(readSettings({ SPLITBRAIN_NODE: JSON.stringify({ ...good, ...changes }) }), new Set(abilities));

describe('what a protocol is told', () => {
  it('names the first members, and nothing that nobody asked for', () => {
    expect(configOf({}).members).toEqual(['n1', 'n2', 'n3']);
    expect(configOf({ group: ['n2'] }).members).toEqual(['n2']);
    expect(configOf({}, 'lease-reads', 'flexible-quorums')).not.toHaveProperty('leaseReads');
    expect(configOf({}, 'lease-reads', 'flexible-quorums')).not.toHaveProperty('quorums');
  });

  it.each([
    [{ leaseReads: { maxClockDrift: 0.01 } }, 'lease-reads'],
    [{ quorums: { phase1: 3, phase2: 1 } }, 'flexible-quorums'],
  ] as const)('passes on what it can do, and refuses what it cannot: %j', (asked, ability) => {
    expect(configOf(asked, ability)).toMatchObject(asked);
    expect(() => configOf(asked, 'reconfigure')).toThrow(SettingsError);
    expect(() => configOf(asked, 'reconfigure')).toThrow(`asks for ${ability}, which the protocol "some" lacks.`);
  });
});
