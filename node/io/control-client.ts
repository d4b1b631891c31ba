/** The lab's end of the control API; see node/proto/control.proto. */
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Order } from '../contract/inputs.ts';
import {
  controlService,
  faultToWire,
  orderToWire,
  type ReplicaFault,
  type ReplicaStatus,
  statusFromWire,
  type WireOrderReply,
  type WireStatus,
} from './control-service.ts';
import { clientOptions } from './grpc.ts';

export type { ReplicaFault, ReplicaStatus } from './control-service.ts';

const defaultTimeoutMs = 2000;

/**
 * The control API of one replica. Every call rejects with gRPC's ServiceError, at the latest after `timeoutMs` unless it has
 * a limit of its own.
 */
export class ReplicaControl {
  readonly #client: Client;
  readonly #metadata = new Metadata();
  readonly #timeoutMs: number;

  /** @param address - `host:port` of the control API */
  constructor(address: string, token: string, timeoutMs = defaultTimeoutMs) {
    this.#client = new Client(address, credentials.createInsecure(), clientOptions);
    this.#metadata.set('authorization', `Bearer ${token}`);
    this.#timeoutMs = timeoutMs;
  }

  /** @param options - `withStateHash` hashes the whole state, which takes time on a replica under load */
  async status({ withStateHash = false }: { readonly withStateHash?: boolean } = {}): Promise<ReplicaStatus> {
    return statusFromWire((await this.#call('Status', { withStateHash })) as WireStatus);
  }

  async setFault(fault: ReplicaFault): Promise<void> {
    await this.#call('SetFault', faultToWire(fault));
  }

  /**
   * Says what is wanted of the group; resolves when it is done.
   *
   * @param limitMs - how long it is waited for
   * @throws Error with the replica's own sentence where it is not done
   */
  async order(order: Order, limitMs: number): Promise<void> {
    const { error } = (await this.#call('Order', orderToWire(order), limitMs)) as WireOrderReply;
    if (error !== '') throw new Error(error);
  }

  /** From now on it behaves so: a file of node/malice, or null for honestly. */
  async setBehaviour(name: string | null): Promise<void> {
    await this.#call('SetBehaviour', { name: name ?? '' });
  }

  close(): void {
    this.#client.close();
  }

  #call(name: string, request: object, limitMs = this.#timeoutMs): Promise<object> {
    const method = controlService[name];
    if (method === undefined) throw new Error(`the control API has no method ${name}`);
    const { path, requestSerialize, responseDeserialize } = method;
    const options = { deadline: Date.now() + limitMs };
    return new Promise((resolve, reject) => {
      const take = (error: ServiceError | null, value?: object) => {
        if (error !== null) reject(error);
        else resolve(value ?? {});
      };
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata,
        options,
        take,
      );
    });
  }
}
