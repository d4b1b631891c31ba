import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePrometheus, readPrometheus, sumOf, toldSumOf } from './prometheus.ts';

const text = `# HELP etcd_network_peer_sent_bytes_total The total number of bytes sent to peers.
# TYPE etcd_network_peer_sent_bytes_total counter
etcd_network_peer_sent_bytes_total{To="8211f1d0f64f3269"} 1.5e+03
etcd_network_peer_sent_bytes_total{To="with \\" and } 7 and \\\\"} 20
etcd_network_peer_sent_bytes_total_of_another 999
etcd_server_is_leader 1
with_time{a="b"} 12 1395066363000
process_resident_memory_bytes 2.4838144e+07
`;

describe('parsePrometheus', () => {
  const page = parsePrometheus(text);

  it.each([
    ['etcd_network_peer_sent_bytes_total', 1520],
    ['etcd_server_is_leader', 1],
    ['with_time', 12],
    ['process_resident_memory_bytes', 24838144],
    ['absent', 0],
  ])('%s', (name, sum) => {
    expect(sumOf(page, name)).toBe(sum);
  });

  it('tells a metric that is not there from one that is 0', () => {
    expect(toldSumOf(parsePrometheus('none 0\n'), 'none')).toBe(0);
    expect(toldSumOf(page, 'absent')).toBeNull();
  });
});

describe('readPrometheus', () => {
  const server = createServer((request, response) => {
    if (request.url === '/metrics') response.end(text);
    else if (request.url === '/missing') response.writeHead(404).end();
  });
  let base = '';

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  it('reads a page, and says where there is none', async () => {
    expect(sumOf(await readPrometheus(`${base}/metrics`, 5000), 'etcd_server_is_leader')).toBe(1);
    await expect(readPrometheus(`${base}/missing`, 5000)).rejects.toThrow('404');
    await expect(readPrometheus(`${base}/never`, 50)).rejects.toThrow(/timeout/);
  });
});
