import { describe, expect, test } from 'vitest';
import { clientLinkPort, maxReplicas, peerLinkPort, proxyLinks } from './layout.ts';

const nodes = (count: number) => Array.from({ length: count }, (_, index) => `n${index + 1}`);

describe('the links of a lab', () => {
  test.each([1, 3, 5, 20, maxReplicas])(
    '%i replicas: one proxy per ordered pair and one per replica for the clients',
    (count) => {
      const links = proxyLinks(nodes(count));
      expect(links).toHaveLength(count * count);
      expect(new Set(links.map(({ name }) => name)).size).toBe(links.length);
      expect(new Set(links.map(({ port }) => port)).size).toBe(links.length);
    },
  );

  test('all ports lie below those that the kernel draws for outgoing connections', () => {
    const ports = proxyLinks(nodes(maxReplicas)).map(({ port }) => port);
    expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
    expect(Math.max(...ports)).toBeLessThan(32_768);
  });

  test('a link leads to the port that is meant', () => {
    const three = nodes(3);
    const byPort = new Map(proxyLinks(three).map((link) => [link.port, link]));
    expect(byPort.get(peerLinkPort(three, { from: 'n1', to: 'n3' }))).toMatchObject({
      name: 'n1-to-n3',
      upstream: 'n3:7100',
    });
    expect(byPort.get(clientLinkPort(three, 'n2'))).toMatchObject({ name: 'clients-to-n2', upstream: 'n2:7200' });
  });
});
