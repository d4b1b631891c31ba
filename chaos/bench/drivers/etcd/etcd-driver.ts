/** Operations of many clients over a few connections to etcd, one unary call each. */
import type { BenchOperation, Driver, DriverSettings, Outcome } from '../../contracts.ts';
import type { CallFailure, UnaryCall } from '../../http2/unary-call.ts';
import type { UnaryConnection } from '../../http2/unary-connection.ts';
import { Lane, type Waiter } from './lane.ts';
import { type EtcdRequest, firstValue } from './messages.ts';
import { outcomeOf } from './outcome.ts';

/** As many as etcd's own load tool is usually given; more made no difference, see docs/bench-light-client.md. */
const maxConnections = 4;
/** Deadlines are looked at so many times within a time-out. A call may end that much too early, and never too late. */
const sweepsPerTimeout = 20;

type MakeRequest = (operations: readonly BenchOperation[]) => EtcdRequest;

export class EtcdDriver implements Driver {
  onDone: Driver['onDone'] = () => {};
  readonly #settings: DriverSettings;
  readonly #lanes: readonly Lane[];
  readonly #slots: readonly Slot[];
  #sweeper: NodeJS.Timeout | undefined;
  #sweep = 0;
  #isClosed = false;

  constructor(settings: DriverSettings, makeRequest: MakeRequest) {
    this.#settings = settings;
    this.#lanes = lanesOf(settings);
    const end: Slot['end'] = (client, outcome, value) => {
      if (!this.#isClosed) this.onDone(client, outcome, value);
    };
    this.#slots = Array.from(
      { length: settings.clients },
      (_, client) => new Slot(client, this.#lanes[client % this.#lanes.length] as Lane, makeRequest, end),
    );
  }

  async open(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.open()));
    const periodMs = Math.max(1, this.#settings.timeoutMs / sweepsPerTimeout);
    this.#sweeper = setInterval(() => this.#expire(), periodMs);
  }

  submit(client: number, operations: readonly BenchOperation[]): void {
    this.#slots[client]?.begin(operations, this.#sweep + sweepsPerTimeout);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    for (const lane of this.#lanes) lane.close();
  }

  /** One timer for all calls: one each would cost more than what it guards. */
  #expire(): void {
    this.#sweep += 1;
    for (const slot of this.#slots) if (slot.dueSweep === this.#sweep) slot.expire();
  }
}

/** Where nobody is known to lead, the connections are spread over all members. */
function lanesOf({ endpoints, leader, clients }: DriverSettings): Lane[] {
  const addresses = Object.values(endpoints);
  const first = leader === undefined ? undefined : endpoints[leader];
  return Array.from({ length: Math.min(maxConnections, clients) }, (_, number) => {
    const at = first === undefined ? number % addresses.length : addresses.indexOf(first);
    return new Lane([...addresses.slice(at), ...addresses.slice(0, at)]);
  });
}

/** One client: it has one call under way, or none. */
class Slot implements Waiter {
  readonly #client: number;
  readonly #lane: Lane;
  readonly #makeRequest: MakeRequest;
  readonly end: (client: number, outcome: Outcome, value: string | null | undefined) => void;
  #operations: readonly BenchOperation[] = [];
  #call: UnaryCall | null = null;
  #connection: UnaryConnection | null = null;
  /** The sweep at which its time is over; 0 where nothing is under way. */
  dueSweep = 0;

  constructor(client: number, lane: Lane, makeRequest: MakeRequest, end: Slot['end']) {
    this.#client = client;
    this.#lane = lane;
    this.#makeRequest = makeRequest;
    this.end = end;
  }

  begin(operations: readonly BenchOperation[], dueSweep: number): void {
    this.#operations = operations;
    this.dueSweep = dueSweep;
    const { connection } = this.#lane;
    if (connection === null) this.#lane.wait(this);
    else this.connected(connection);
  }

  connected(connection: UnaryConnection): void {
    const { path, message } = this.#makeRequest(this.#operations);
    this.#connection = connection;
    this.#call = connection.call(path, message, this.#answered);
  }

  refused(): void {
    this.#finish('failed', undefined);
  }

  expire(): void {
    if (this.#call === null) {
      this.#lane.forget(this);
      this.refused();
      return;
    }
    const isCertain = this.#connection?.cancel(this.#call) === true;
    this.#finish(isCertain ? 'failed' : 'unknown', undefined);
  }

  readonly #answered = (reply: Buffer | null, failure: CallFailure | null): void => {
    if (reply === null) {
      this.#finish(failure === null ? 'unknown' : outcomeOf(failure), undefined);
      return;
    }
    const kind = this.#operations[0]?.kind;
    const isRead = kind === 'read' || kind === 'scan';
    const value = isRead ? firstValue(reply) : undefined;
    if (isRead && value === undefined) this.#finish('unknown', undefined);
    else this.#finish('ok', kind === 'read' ? value : undefined);
  };

  #finish(outcome: Outcome, value: string | null | undefined): void {
    this.dueSweep = 0;
    this.#call = null;
    this.#connection = null;
    this.end(this.#client, outcome, value);
  }
}
