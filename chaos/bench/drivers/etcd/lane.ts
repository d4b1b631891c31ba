/** One connection to etcd that is opened anew when it breaks. */
import { UnaryConnection } from '../../http2/unary-connection.ts';

const openLimitMs = 5000;
/** Where nobody answers, in milliseconds: clients without a pause would do nothing but fail. */
const pauseMs = 100;

/** Who waits for the connection. Told in a later turn. */
export interface Waiter {
  readonly connected: (connection: UnaryConnection) => void;
  readonly refused: () => void;
}

export class Lane {
  /** In the order in which they are tried. */
  readonly #addresses: readonly string[];
  #connection: UnaryConnection | null = null;
  #waiters = new Set<Waiter>();
  #isOpening = false;
  #isClosed = false;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** The connection; null where there is none just now. */
  get connection(): UnaryConnection | null {
    return this.#connection?.usable === true ? this.#connection : null;
  }

  /** @throws Error with a sentence where none of the addresses answers */
  async open(): Promise<void> {
    let problem: unknown;
    for (const address of this.#addresses) {
      try {
        const connection = await UnaryConnection.open(address, { timeoutMs: openLimitMs });
        if (this.#isClosed) connection.close();
        else this.#connection = connection;
        return;
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  }

  /** To be called where `connection` is null. */
  wait(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (this.#isOpening) return;
    this.#isOpening = true;
    void this.#reopen();
  }

  forget(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
    this.#waiters.clear();
  }

  async #reopen(): Promise<void> {
    try {
      await this.open();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    this.#isOpening = false;
    const waiters = this.#waiters;
    this.#waiters = new Set();
    const { connection } = this;
    for (const waiter of waiters) {
      if (connection === null) waiter.refused();
      else waiter.connected(connection);
    }
  }
}
