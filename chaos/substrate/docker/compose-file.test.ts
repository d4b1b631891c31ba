import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readSettings } from '../../../node/io/settings.ts';
import { experimentSchema } from '../../experiment.ts';
import { composeFile, type LabSettings } from './compose-file.ts';

const { settings } = experimentSchema.parse({ question: 'q', why: 'w' });

function lab(changes: Partial<LabSettings> = {}): LabSettings {
  return {
    project: 'splitbrain-test',
    nodes: ['n1', 'n2', 'n3'],
    protocol: 'raft',
    settings,
    token: 'a-token-of-the-run-$HOME',
    standalone: false,
    ...changes,
  };
}

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

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

  test('Toxiproxy begins with every link', () => {
    const { configs } = parse(composeFile(lab())) as { configs: { links: { content: string } } };
    const links = JSON.parse(undoubled(configs.links.content)) as { name: string; enabled: boolean }[];
    expect(links.map(({ name }) => name)).toContain('n2-to-n1');
    expect(links).toHaveLength(9);
    expect(links.every(({ enabled }) => enabled)).toBe(true);
  });

  test('the orchestrator is a service only of the file for people', () => {
    expect(servicesOf(composeFile(lab()))['lab']).toBe(undefined);
    expect(servicesOf(composeFile(lab({ standalone: true })))['lab']).toMatchObject({ profiles: ['lab'] });
  });
});
