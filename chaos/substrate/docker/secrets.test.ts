import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { replicaConfigOf } from '../../../node/io/replica-config.ts';
import { readSettings } from '../../../node/io/settings.ts';
import { settingsSchema } from '../../experiment.ts';
import { composeFile, labLabels } from './compose-file.ts';
import { drawSecrets, type LabSecrets, withoutSecrets } from './secrets.ts';

const nodes = ['n1', 'n2', 'n3', 'n4'];
const composed = z.object({
  services: z.record(z.string(), z.object({ environment: z.record(z.string(), z.string()).optional() })),
});

function textWith(secrets: LabSecrets): string {
  const settings = settingsSchema.parse({});
  const labels = labLabels({ project: 'splitbrain-test' });
  return composeFile({
    project: 'splitbrain-test',
    nodes,
    members: ['n1', 'n2', 'n3'],
    protocol: 'some',
    settings,
    labels,
    ...secrets,
  });
}

function settingsIn(text: string, node: string) {
  const environment = composed.parse(parse(text)).services[node]?.environment ?? {};
  return readSettings({ SPLITBRAIN_NODE: environment['SPLITBRAIN_NODE']?.replaceAll('$$', '$') });
}

test('replicas of a protocol that signs know each other by the keys in the compose file', () => {
  const text = textWith(drawSecrets(nodes, { signs: true }));
  const cryptos = nodes.map(
    (node) => replicaConfigOf(settingsIn(text, node), { abilities: new Set(), signs: true }).crypto,
  );
  const bytes = new Uint8Array([1, 2, 3]);
  for (const [at, signer] of nodes.entries()) {
    const signature = cryptos[at]?.sign(bytes) ?? new Uint8Array(0);
    expect(cryptos.map((crypto) => crypto?.verify(signer, bytes, signature))).toEqual(nodes.map(() => true));
  }
});

test('each replica is told no private key but its own', () => {
  const secrets = drawSecrets(nodes, { signs: true });
  const text = textWith(secrets);
  for (const [node, { privateKey }] of secrets.keys?.replicas ?? []) {
    expect(settingsIn(text, node).keys?.privateKey).toBe(privateKey);
    expect(text.split(privateKey)).toHaveLength(2);
  }
});

test('no replica is told the private key of clients, and each their public one', () => {
  const secrets = drawSecrets(nodes, { signs: true });
  const text = textWith(secrets);
  expect(text).not.toContain(secrets.keys?.client.privateKey);
  for (const node of nodes) {
    expect(settingsIn(text, node).keys?.clientKeys).toEqual({ lab: secrets.keys?.client.publicKey });
  }
});

test('the compose file is kept without secrets, and says where they were', () => {
  const secrets = drawSecrets(nodes, { signs: true });
  const kept = withoutSecrets(textWith(secrets), secrets);
  expect(kept).not.toContain(secrets.token);
  const pairs = [...(secrets.keys?.replicas.values() ?? [])];
  expect(pairs).toHaveLength(4);
  for (const { privateKey, publicKey } of pairs) {
    expect(kept).not.toContain(privateKey);
    expect(kept).toContain(publicKey);
  }
  expect(kept.split('private-key-of-another-run')).toHaveLength(5);
  expect(kept.split('token-of-another-run')).toHaveLength(5);
});

test('a lab whose replicas do not sign has a token and no keys', () => {
  const secrets = drawSecrets(nodes, { signs: false });
  expect(Object.keys(secrets)).toEqual(['token']);
  expect(textWith(secrets)).not.toContain('keys');
  expect(drawSecrets(nodes, { signs: false }).token).not.toBe(secrets.token);
});
