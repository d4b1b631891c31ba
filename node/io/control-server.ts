/** The lab's way into a running replica; see node/proto/control.proto. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Metadata, type Server, type ServerUnaryCall, type StatusObject, status } from '@grpc/grpc-js';
import type { NodeId } from '../contract/ids.ts';
import type { Order } from '../contract/inputs.ts';
import {
  controlService,
  faultFromWire,
  orderFromWire,
  type ReplicaFault,
  type ReplicaStatus,
  statusToWire,
  type WireBehaviour,
  type WireFault,
  type WireOrder,
  type WireStatusRequest,
} from './control-service.ts';
import { createServer, listen } from './grpc.ts';

export interface ControlServerOptions {
  /** Every caller must show it. */
  readonly token: string;
  readonly status: (withStateHash: boolean) => ReplicaStatus;
  readonly setFault: (fault: ReplicaFault) => void;
  /** Rejects with the reason where it cannot behave so; null is honestly. */
  readonly setBehaviour: (name: string | null) => Promise<void>;
  /** All replicas of the run: an order that names somebody else is refused. */
  readonly replicas: readonly NodeId[];
  /** `done` gets the reason where it is not done; never called where the replica ends before. */
  readonly order: (order: Order, done: (error?: string) => void) => void;
}

type Answer = (error: Partial<StatusObject> | null, value?: object) => void;
type Handler<Request> = (request: Request, answer: Answer) => void;

export class ControlServer {
  readonly #server: Server = createServer();
  readonly #tokenDigest: Buffer;

  constructor(options: ControlServerOptions) {
    this.#tokenDigest = digest(`Bearer ${options.token}`);
    this.#server.addService(controlService, {
      Status: this.#guarded<WireStatusRequest>(({ withStateHash }, answer) =>
        answer(null, statusToWire(options.status(withStateHash))),
      ),
      SetFault: this.#guarded<WireFault>((wire, answer) => {
        const fault = faultFromWire(wire);
        if (fault === null) {
          answer({
            code: status.INVALID_ARGUMENT,
            details: 'there is no such fault here, or its value makes no sense',
          });
          return;
        }
        options.setFault(fault);
        answer(null, {});
      }),
      Order: this.#guarded<WireOrder>((wire, answer) => {
        const order = orderFromWire(wire, options.replicas);
        if (typeof order === 'string') answer({ code: status.INVALID_ARGUMENT, details: order });
        else options.order(order, (error = '') => answer(null, { error }));
      }),
      SetBehaviour: this.#guarded<WireBehaviour>(({ name }, answer) => {
        options.setBehaviour(name === '' ? null : name).then(
          () => answer(null, {}),
          (error: Error) => answer({ code: status.INVALID_ARGUMENT, details: error.message }),
        );
      }),
    });
  }

  /** Takes the lab's calls; gives the address that was bound. */
  open(address: string): Promise<string> {
    return listen(this.#server, address);
  }

  close(): void {
    this.#server.forceShutdown();
  }

  #guarded<Request>(handle: Handler<Request>): (call: ServerUnaryCall<Request, object>, answer: Answer) => void {
    return (call, answer) => {
      if (this.#admits(call.metadata)) handle(call.request, answer);
      else answer({ code: status.UNAUTHENTICATED, details: 'the token of this run is needed' });
    };
  }

  /** Digests are of one length and are compared in constant time: the time taken tells nothing about the token. */
  #admits(metadata: Metadata): boolean {
    const shown = metadata.get('authorization')[0];
    return typeof shown === 'string' && timingSafeEqual(digest(shown), this.#tokenDigest);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
