import { createServer } from 'node:net';

/**
 * Addresses on 127.0.0.1 that are free just now, `host:port`. All are held until the last is found, so they differ; another
 * process may still take one before it is used, and whoever listens there then says so.
 */
export async function freeAddresses(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<string>((resolve, reject) => {
            server.once('error', reject);
            server.listen(0, '127.0.0.1', () => {
              const address = server.address();
              if (typeof address === 'object' && address !== null) resolve(`127.0.0.1:${address.port}`);
              else reject(new Error('a server that listens has no address'));
            });
          }),
      ),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
