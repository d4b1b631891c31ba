/**
 * One long-lived call to one address, dialled again whenever it ends, after 20 to 500 ms. Each attempt takes a new
 * connection, so that a stuck one is given up with all that is stuck in it. The call is up when the server has accepted
 * it (its initial metadata came); until then nothing is to be written.
 */
import { Client, credentials, type Metadata, type StatusObject } from '@grpc/grpc-js';
import { clientOptions } from './grpc.ts';

const firstBackoffMs = 20;
const maxBackoffMs = 500;
/** How long a server has to accept, in milliseconds. A proxy that holds all bytes accepts a connection and no call. */
const acceptTimeoutMs = 2000;

/** A call that lasted as long as this, in milliseconds, was no failed attempt: the next dial comes soon. */
const lastedMs = 200;

/** What the two kinds of streaming call have in common. */
export interface StreamingCall {
  on(event: 'metadata', listener: (metadata: Metadata) => void): unknown;
  on(event: 'status', listener: (status: StatusObject) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  cancel(): void;
}

export interface RedialledOptions<C extends StreamingCall> {
  readonly address: string;
  readonly begin: (client: Client) => C;
  readonly onUp: (call: C) => void;
  /** `wasUp`: whether the server had accepted it. `why` is the server's or the library's own sentence. */
  readonly onDown: (wasUp: boolean, why: string) => void;
}

export class RedialledCall<C extends StreamingCall> {
  readonly #options: RedialledOptions<C>;
  #client: Client | undefined;
  #call: C | undefined;
  #upSinceMs: number | undefined;
  #closed = false;
  #backoffMs = firstBackoffMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RedialledOptions<C>) {
    this.#options = options;
    this.#dial();
  }

  /** Ends the call and dials no more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#call?.cancel();
    this.#client?.close();
  }

  #dial(): void {
    const client = new Client(this.#options.address, credentials.createInsecure(), clientOptions);
    const call = this.#options.begin(client);
    this.#client = client;
    this.#call = call;
    this.#upSinceMs = undefined;
    call.on('metadata', () => this.#onAccepted(call));
    call.on('status', (status) => this.#onEnded(call, status.details));
    // A failing call says so twice; the status is enough.
    call.on('error', () => {});
    this.#timer = setTimeout(() => call.cancel(), acceptTimeoutMs);
  }

  #onAccepted(call: C): void {
    if (this.#call !== call || this.#closed) return;
    clearTimeout(this.#timer);
    this.#upSinceMs = performance.now();
    this.#options.onUp(call);
  }

  #onEnded(call: C, why: string): void {
    if (this.#call !== call) return;
    clearTimeout(this.#timer);
    this.#client?.close();
    this.#call = undefined;
    if (this.#closed) return;
    const upSinceMs = this.#upSinceMs;
    if (upSinceMs !== undefined && performance.now() - upSinceMs >= lastedMs) this.#backoffMs = firstBackoffMs;
    this.#timer = setTimeout(() => this.#dial(), this.#backoffMs * (0.5 + Math.random() / 2));
    this.#backoffMs = Math.min(2 * this.#backoffMs, maxBackoffMs);
    this.#options.onDown(upSinceMs !== undefined, why);
  }
}
