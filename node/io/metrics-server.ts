/** What a replica shows over HTTP to whoever asks: GET /metrics, GET /status and GET /healthz. Nothing can be set here. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import type { StatusPage } from './status-page.ts';

export interface MetricsServerOptions {
  readonly metrics: Metrics;
  /** Asked for each GET /status; should be cheap. */
  readonly status: () => StatusPage;
  /** Whether the replica runs: /healthz answers 200 or 503. */
  readonly healthy: () => boolean;
}

interface Page {
  readonly code: number;
  readonly contentType: string;
  readonly text: string;
}

export class MetricsServer {
  readonly #server: Server;
  readonly #options: MetricsServerOptions;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 5000 }, (request, response) => {
      const path = request.method === 'GET' ? request.url?.split('?')[0] : undefined;
      this.#page(path).then(
        ({ code, contentType, text }) => response.writeHead(code, { 'content-type': contentType }).end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
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

  async #page(path: string | undefined): Promise<Page> {
    const { metrics, status, healthy } = this.#options;
    switch (path) {
      case '/metrics':
        return { code: 200, ...(await metrics.page()) };
      case '/status':
        return { code: 200, contentType: 'application/json', text: `${JSON.stringify(status())}\n` };
      case '/healthz': {
        const well = healthy();
        return { code: well ? 200 : 503, contentType: 'text/plain', text: well ? 'ok\n' : 'stopped\n' };
      }
      default:
        return { code: 404, contentType: 'text/plain', text: 'not found\n' };
    }
  }
}
