/** What is said to a replica while it runs, and what it answers: its control API, from one life of its process to the next. */
import type { ServiceError } from '@grpc/grpc-js';
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Order } from '../../../node/contract/inputs.ts';
import { ReplicaControl, type ReplicaStatus } from '../../../node/io/control-client.ts';

/** After which an order has no answer any more, in milliseconds; whoever gave it has given it up before. */
const orderLimitMs = 20_000;

/** To one life of the process: each has a port of its own, and begins without a fault. */
interface Connection {
  readonly control: ReplicaControl;
  /** By how much it knows its disk to be slow, in milliseconds; undefined where nobody knows that. */
  slowMs: number | undefined;
  /** How it knows that it is to behave; undefined where nobody knows that. */
  behaviour: string | null | undefined;
  /** It is told one thing after the other. Never rejects. */
  telling: Promise<void>;
}

export class ReplicaLine {
  readonly #node: NodeId;
  readonly #token: string;
  #connection: Connection | undefined;
  #slowMs = 0;
  /** How each life of it begins to behave. */
  readonly #born: string | null;
  #behaviour: string | null;

  /** @param born - how its settings tell it to behave: a file of node/malice, or null for honestly */
  constructor(node: NodeId, token: string, born: string | null = null) {
    this.#node = node;
    this.#token = token;
    this.#born = born;
    this.#behaviour = born;
  }

  /** @param address - of the control API of a process that has just started, `host:port` */
  open(address: string): void {
    this.close();
    const control = new ReplicaControl(address, this.#token);
    this.#connection = { control, slowMs: 0, behaviour: this.#born, telling: Promise.resolve() };
  }

  close(): void {
    this.#connection?.control.close();
    this.#connection = undefined;
  }

  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  /** How it is; null where it does not answer. What it has forgotten, or never heard, it is told again. */
  async status(options: { readonly withStateHash?: boolean } = {}): Promise<ReplicaStatus | null> {
    const connection = this.#connection;
    if (connection === undefined) return null;
    try {
      const status = await connection.control.status(options);
      await this.#tell(connection);
      return status;
    } catch {
      // It may be starting, stopping or stuck; what is observed of it says which.
      return null;
    }
  }

  /**
   * Every sync takes so much longer, in milliseconds, also after a restart: until a replica that started anew has answered
   * for the first time its disk is as fast as ever. One that does not answer now hears of it when it does; that it has
   * heard is seen in its log, not here.
   */
  async slowDisk(delayMs: number): Promise<void> {
    this.#slowMs = delayMs;
    if (this.#connection !== undefined) await this.#tell(this.#connection).catch(() => {});
  }

  /** It behaves so, a file of node/malice, or honestly where null; also after a restart, in the same way as with its disk. */
  async behave(behaviour: string | null): Promise<void> {
    this.#behaviour = behaviour;
    if (this.#connection !== undefined) await this.#tell(this.#connection).catch(() => {});
  }

  /** As its settings tell it to. */
  behaveAsBorn(): Promise<void> {
    return this.behave(this.#born);
  }

  #tell(connection: Connection): Promise<void> {
    const told = connection.telling.then(() => this.#tellNow(connection));
    connection.telling = told.catch(() => {});
    return told;
  }

  async #tellNow(connection: Connection): Promise<void> {
    const [ms, behaviour] = [this.#slowMs, this.#behaviour];
    if (connection.slowMs !== ms) {
      // A call without an answer may have been heard.
      connection.slowMs = undefined;
      await connection.control.setFault({ kind: 'slow-disk', ms });
      connection.slowMs = ms;
    }
    if (connection.behaviour === behaviour) return;
    connection.behaviour = undefined;
    await connection.control.setBehaviour(behaviour);
    connection.behaviour = behaviour;
  }

  /** @throws Error with the reason where it is not done, or nobody knows */
  async order(order: Order): Promise<void> {
    if (this.#connection === undefined) throw new Error(`${this.#node} does not run`);
    try {
      await this.#connection.control.order(order, orderLimitMs);
    } catch (error) {
      const { details, message } = error as ServiceError;
      throw new Error(details === undefined ? message : `${this.#node} did not say that it is done: ${details}`, {
        cause: error,
      });
    }
  }
}
