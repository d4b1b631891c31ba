/** GET /metrics and GET /healthz over HTTP. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface MetricsServerOptions {
  readonly metrics: Metrics;
  /** Whether the replica runs: /healthz answers 200 or 503. */
  readonly healthy: () => boolean;
}

export class MetricsServer {
  readonly #server: Server;

  constructor({ metrics, healthy }: MetricsServerOptions) {
    const answer: RequestListener = (request, response) => {
      const path = request.method === 'GET' ? request.url?.split('?')[0] : undefined;
      if (path === '/healthz') {
        const well = healthy();
        response.writeHead(well ? 200 : 503, { 'content-type': 'text/plain' }).end(well ? 'ok\n' : 'stopped\n');
      } else if (path === '/metrics') {
        metrics.page().then(
          ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
          (error: unknown) => response.writeHead(500).end(String(error)),
        );
      } else {
        response.writeHead(404).end();
      }
    };
    this.#server = createServer({ requestTimeout: 5000 }, answer);
  }

  /** Listens; gives the address that was bound. */
  open(address: string): Promise<string> {
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(new Error(`cannot listen on ${address}: ${error.message}`)));
      this.#server.listen(Number(address.slice(at + 1)), host, () => {
        resolve(`${address.slice(0, at)}:${(this.#server.address() as AddressInfo).port}`);
      });
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
