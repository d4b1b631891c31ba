import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../node/io/package-root.ts';
import { readSettings } from '../../../node/io/settings.ts';
import { experimentSchema } from '../../experiment.ts';
import { composeFile, type LabSettings, labLabels, standaloneComposeFile } from './compose-file.ts';

const { settings } = experimentSchema.parse({ question: 'q', why: 'w' });

function lab(changes: Partial<LabSettings> = {}): LabSettings {
  return {
    project: 'splitbrain-test',
    nodes: ['n1', 'n2', 'n3'],
    protocol: 'raft',
    settings,
    token: 'a-token-of-the-run-$HOME',
    labels: labLabels({ project: 'splitbrain-test' }),
    ...changes,
  };
}

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

const defaultNodes = ['n1', 'n2', 'n3', 'n4', 'n5'];
/** What the file says of itself. */
const heading = `# The default lab, for people: five Raft replicas behind Toxiproxy, and the orchestrator as the service \`lab\`.
#
#   docker compose up -d --wait                   a cluster to look at and to break
#   docker compose run --rm lab status            what its replicas say of themselves
#   docker compose run --rm lab run leader-crash  an experiment in a lab of its own, with no Node on this machine
#
# Written by chaos/substrate/docker/compose-file.ts, and kept equal to it by its test.
`;

const servicesOf = (text: string) => (parse(text) as { services: Record<string, Service> }).services;
/** What Compose makes of a doubled dollar. */
const undoubled = (text: string) => text.replaceAll('$$', '$');

describe('the generated compose file', () => {
  test('publishes ports on this machine only, with numbers that the engine draws', () => {
    const ports = Object.values(servicesOf(composeFile(lab()))).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1::\d+$/);
  });

  test('gives every container the label of the lab, and no capability', () => {
    for (const service of Object.values(servicesOf(composeFile(lab())))) {
      expect(service.labels?.['org.splitbrain.lab']).toBe('splitbrain-test');
      expect(service.cap_drop).toEqual(['ALL']);
    }
  });

  test('tells each replica settings that it accepts, whatever is in them', () => {
    const services = servicesOf(composeFile(lab({ bug: 'stale-read' })));
    for (const node of ['n1', 'n2', 'n3']) {
      const text = undoubled(services[node]?.environment?.['SPLITBRAIN_NODE'] ?? '');
      expect(readSettings({ SPLITBRAIN_NODE: text })).toMatchObject({
        id: node,
        members: ['n1', 'n2', 'n3'],
        bug: 'stale-read',
        token: 'a-token-of-the-run-$HOME',
      });
    }
  });

  test('tells each replica who belongs to the group at the beginning, where that is not everybody', () => {
    const settingsIn = (text: string, node: string) =>
      readSettings({ SPLITBRAIN_NODE: undoubled(servicesOf(text)[node]?.environment?.['SPLITBRAIN_NODE'] ?? '') });
    for (const node of ['n1', 'n2', 'n3']) {
      expect(settingsIn(composeFile(lab({ members: ['n1', 'n2'] })), node)).toMatchObject({ group: ['n1', 'n2'] });
      expect(settingsIn(composeFile(lab()), node)).not.toHaveProperty('group');
    }
  });

  test('tells each replica what keeps its log, where that is not the default', () => {
    const settingsIn = (text: string, node: string) =>
      undoubled(servicesOf(text)[node]?.environment?.['SPLITBRAIN_NODE'] ?? '');
    for (const node of ['n1', 'n2', 'n3']) {
      const chosen = settingsIn(composeFile(lab({ storage: 'lmdb' })), node);
      expect(readSettings({ SPLITBRAIN_NODE: chosen })).toMatchObject({ engine: 'lmdb' });
      expect(settingsIn(composeFile(lab()), node)).not.toContain('engine');
    }
  });

  test('tells each replica the mode, where one is chosen', () => {
    const settingsIn = (text: string, node: string) =>
      undoubled(servicesOf(text)[node]?.environment?.['SPLITBRAIN_NODE'] ?? '');
    for (const node of ['n1', 'n2', 'n3']) {
      const chosen = settingsIn(composeFile(lab({ settings: { ...settings, mode: 'fast' } })), node);
      expect(readSettings({ SPLITBRAIN_NODE: chosen })).toMatchObject({ mode: 'fast' });
      expect(settingsIn(composeFile(lab()), node)).not.toContain('mode');
    }
  });

  test('tells each replica the sizes of quorums, where they are chosen', () => {
    const settingsIn = (text: string, node: string) =>
      undoubled(servicesOf(text)[node]?.environment?.['SPLITBRAIN_NODE'] ?? '');
    const quorums = { phase1: 3, phase2: 1 };
    for (const node of ['n1', 'n2', 'n3']) {
      const chosen = settingsIn(composeFile(lab({ settings: { ...settings, quorums } })), node);
      expect(readSettings({ SPLITBRAIN_NODE: chosen })).toMatchObject({ quorums });
      expect(settingsIn(composeFile(lab()), node)).not.toContain('quorums');
    }
  });

  test('Toxiproxy begins with every link', () => {
    const { configs } = parse(composeFile(lab())) as { configs: { links: { content: string } } };
    const links = JSON.parse(undoubled(configs.links.content)) as { name: string; enabled: boolean }[];
    expect(links.map(({ name }) => name)).toContain('n2-to-n1');
    expect(links).toHaveLength(9);
    expect(links.every(({ enabled }) => enabled)).toBe(true);
  });

  test('says who steers the lab on all that belongs to it', () => {
    const owner = '{"host":"a-$host"}';
    const text = composeFile(lab({ labels: labLabels({ project: 'splitbrain-test', owner, kept: true }) }));
    const { services, networks, volumes } = parse(text) as Record<string, Record<string, Service>>;
    const all = [services, networks, volumes].flatMap((each) => Object.values(each ?? {}));
    expect(all).toHaveLength(4 + 1 + 3);
    for (const each of all) {
      expect(each.labels).toMatchObject({
        'org.splitbrain.owner': '{"host":"a-$$host"}',
        'org.splitbrain.kept': 'true',
      });
    }
  });
});

describe('the compose file for people', () => {
  const text = standaloneComposeFile({ project: 'splitbrain', nodes: defaultNodes, protocol: 'raft', settings });

  test('is the one at the top of the project', async () => {
    // After a change on purpose: npx vitest run compose-file -u
    await expect(heading + text).toMatchFileSnapshot(join(packageRoot, 'docker-compose.yml'));
  });

  test('publishes no control port, and nothing beyond this machine', () => {
    const ports = Object.values(servicesOf(text)).flatMap((service) => service.ports ?? []);
    expect(ports).toContain('127.0.0.1::7400');
    expect(ports.filter((port) => !port.startsWith('127.0.0.1::') || port.endsWith(':7300'))).toEqual([]);
  });

  test('tells each replica settings that it accepts, once Compose has put in the token', () => {
    const token = 'the-token-of-somebody';
    const runId = 'splitbrain-two';
    for (const node of defaultNodes) {
      const settings = servicesOf(text)[node]?.environment?.['SPLITBRAIN_NODE'] ?? '';
      const put = settings
        .replace(/\$\{SPLITBRAIN_TOKEN:-[^}]+\}/, token)
        .replace(/\$\{COMPOSE_PROJECT_NAME:-[^}]+\}/, runId);
      expect(readSettings({ SPLITBRAIN_NODE: put })).toMatchObject({ id: node, members: defaultNodes, token, runId });
      const byDefault = settings.replace(/\$\{[A-Z_]+:-([^}]+)\}/g, '$1');
      expect(readSettings({ SPLITBRAIN_NODE: byDefault })).toMatchObject({ id: node, runId: 'splitbrain' });
    }
  });

  test('has the orchestrator as a service that is not started with the rest, and belongs to no lab', () => {
    const { lab: orchestrator } = servicesOf(text);
    expect(orchestrator).toMatchObject({ profiles: ['lab'], cap_drop: ['ALL'] });
    expect(orchestrator?.labels).toBe(undefined);
    expect(servicesOf(composeFile(lab()))['lab']).toBe(undefined);
  });
});
