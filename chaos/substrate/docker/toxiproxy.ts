/**
 * Toxiproxy behind a narrow door: every call has a deadline and, where it is refused, the server's own words; toxics are a
 * closed set, validated here, for the server takes unknown attributes as zero and dies of some values.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Proxy as ToxicProxy, Toxiproxy } from 'toxiproxy-node-client';
import type { Heal } from '../../contracts/cluster.ts';
import { EnvironmentError } from '../../errors.ts';
import { listenAddress, type ProxyLink } from './layout.ts';

/** Removing a toxic or disabling a proxy can hang behind a dial; no call may take longer than this, in milliseconds. */
const callLimitMs = 3000;

/**
 * What can be put on a link. All act on what the sender sends (upstream), on every connection (toxicity 1). `timeout` of
 * 0 ms drops everything, and its removal closes the connection.
 */
export type Toxic =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } };

function validate({ type, attributes }: Toxic): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!Number.isInteger(value) || value < 0 || value > 3_600_000) {
      throw new RangeError(`the toxic ${type} wants a whole ${name} from 0 to 3600000, not ${value}`);
    }
  }
}

/** The client's HTTP layer has no time-out and throws the server's explanation away; this one does neither. */
class BoundedHttp {
  async get(url: string) {
    return { data: await this.#json('GET', url) };
  }

  async post(url: string, body?: unknown) {
    return { data: await this.#json('POST', url, body) };
  }

  async delete(url: string): Promise<void> {
    await this.#text('DELETE', url);
  }

  getText(url: string): Promise<string> {
    return this.#text('GET', url);
  }

  async #json(method: string, url: string, body?: unknown): Promise<unknown> {
    const text = await this.#text(method, url, body);
    return text === '' ? undefined : JSON.parse(text);
  }

  async #text(method: string, url: string, body?: unknown): Promise<string> {
    const path = new URL(url).pathname;
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method,
        signal: AbortSignal.timeout(callLimitMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      text = await response.text();
    } catch (error) {
      const why =
        error instanceof Error && error.name === 'TimeoutError' ? `no answer in ${callLimitMs} ms` : reason(error);
      throw new EnvironmentError(
        `Toxiproxy did not answer ${method} ${path}: ${why}`,
        'See whether its container runs: npx splitbrain doctor',
      );
    }
    if (response.ok) return text;
    throw new EnvironmentError(
      `Toxiproxy refused ${method} ${path} (${response.status}): ${text.trim()}`,
      'See its log: docker logs of the toxiproxy container',
    );
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? cause.message : String(error instanceof Error ? error.message : error);
}

export class Links {
  readonly #client: Toxiproxy;
  readonly #proxies = new Map<string, ToxicProxy>();
  #lastToxic = 0;

  /** @param address - of Toxiproxy's API, `http://host:port` */
  constructor(address: string) {
    this.#client = new Toxiproxy(address);
    (this.#client as { api: unknown }).api = new BoundedHttp();
  }

  /** Waits until the server answers. */
  async ready(limitMs: number, signal: AbortSignal): Promise<string> {
    const untilMs = performance.now() + limitMs;
    for (;;) {
      try {
        return await this.#client.getVersion();
      } catch (error) {
        signal.throwIfAborted();
        if (performance.now() >= untilMs) throw error;
        await delay(50);
      }
    }
  }

  /** Makes every link, or leaves it as it is where it is there already. */
  async populate(links: readonly ProxyLink[]): Promise<void> {
    const proxies = await this.#client.populate(
      links.map(({ name, port, upstream }) => ({ name, listen: listenAddress(port), upstream, enabled: true })),
    );
    for (const [name, proxy] of Object.entries(proxies)) this.#proxies.set(name, proxy);
  }

  /** Puts a toxic on a link; the returned heal takes off that one, and nothing else. */
  async add(link: string, toxic: Toxic): Promise<Heal> {
    validate(toxic);
    const proxy = this.#proxies.get(link);
    if (proxy === undefined) throw new RangeError(`there is no link ${link}`);
    this.#lastToxic += 1;
    const { attributes, type } = toxic;
    const body = { name: `t${this.#lastToxic}`, stream: 'upstream', type, toxicity: 1, attributes } as const;
    const added = await proxy.addToxic(body as Parameters<typeof proxy.addToxic>[0]);
    let healed = false;
    return async () => {
      if (healed) return;
      await added.remove();
      healed = true;
    };
  }

  /** Opens links, or shuts them: who uses one that is shut is refused at once. What else is done to it stays. */
  async setOpen(links: readonly string[], enabled: boolean): Promise<void> {
    const proxies = links.flatMap((link) => this.#proxies.get(link) ?? []);
    await Promise.all(proxies.map((proxy) => proxy.update({ ...proxy.toJson(), enabled })));
  }

  /** Enables every link and takes off every toxic: the one call that must work when all else fails. */
  reset(): Promise<void> {
    return this.#client.reset();
  }
}
