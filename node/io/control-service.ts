/** The messages of `splitbrain.v1.Control` as the loader of node/proto/control.proto gives and takes them. */

import type { NodeId } from '../contract/ids.ts';
import type { Order } from '../contract/inputs.ts';
import type { Group, ProtocolView } from '../contract/view.ts';
import { loadService } from './grpc.ts';
import type { InboundLink } from './link-watch.ts';

export const controlService = loadService('control', 'Control');

/** What a replica says of itself. */
export interface ReplicaStatus {
  readonly id: string;
  readonly runId: string;
  readonly protocol: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly view: ProtocolView;
  readonly appliedIndex: number;
  /** Null where it was not asked for. */
  readonly stateHash: string | null;
  readonly inbound: readonly InboundLink[];
  /** Of what came from other replicas nothing became of so much, by why. */
  readonly refused: Readonly<Record<string, number>>;
  /** The faults that are set, in words. */
  readonly faults: readonly string[];
}

/** A fault inside of a replica. */
export type ReplicaFault = { readonly kind: 'slow-disk'; readonly ms: number } | { readonly kind: 'clear' };

/** proto3 has absence for messages alone: else -1 ms is never, and an empty text is nobody or nothing. */
type WireLink = { readonly [Field in keyof InboundLink]: NonNullable<InboundLink[Field]> };

export interface WireStatus extends Omit<ReplicaStatus, 'view' | 'stateHash' | 'inbound'> {
  readonly view: Required<Omit<ProtocolView, 'group'>> & { readonly group: Group | null };
  readonly stateHash: string;
  readonly inbound: readonly WireLink[];
}

export interface WireStatusRequest {
  readonly withStateHash: boolean;
}

/** One of the two is present. */
export interface WireFault {
  readonly slowDisk?: { readonly ms: number };
  readonly clear?: Record<string, never>;
}

export interface WireBehaviour {
  readonly name: string;
}

/** One of the two is present. */
export interface WireOrder {
  readonly reconfigure?: Group;
  readonly transfer?: { readonly to: NodeId };
}

export interface WireOrderReply {
  readonly error: string;
}

export function statusToWire(status: ReplicaStatus): WireStatus {
  return {
    ...status,
    view: { ...status.view, leader: status.view.leader ?? '', group: status.view.group ?? null },
    stateHash: status.stateHash ?? '',
    inbound: status.inbound.map((link) => ({
      ...link,
      lastHeardMs: link.lastHeardMs ?? -1,
      delayMs: link.lastHeardMs === null ? -1 : (link.delayMs ?? -1),
    })),
  };
}

export function statusFromWire({ view, stateHash, inbound, ...wire }: WireStatus): ReplicaStatus {
  const { leader, group, ...rest } = view;
  return {
    id: wire.id,
    runId: wire.runId,
    protocol: wire.protocol,
    pid: wire.pid,
    uptimeMs: wire.uptimeMs,
    view: { ...rest, ...(leader === '' ? {} : { leader }), ...(group === null ? {} : { group }) },
    appliedIndex: wire.appliedIndex,
    stateHash: stateHash === '' ? null : stateHash,
    inbound: inbound.map((link) => {
      // A delay may well be a little below zero, by the clocks of two hosts: only a link never heard has none.
      const heard = link.lastHeardMs >= 0;
      return { ...link, lastHeardMs: heard ? link.lastHeardMs : null, delayMs: heard ? link.delayMs : null };
    }),
    refused: wire.refused,
    faults: wire.faults,
  };
}

export function faultToWire(fault: ReplicaFault): WireFault {
  return fault.kind === 'slow-disk' ? { slowDisk: { ms: fault.ms } } : { clear: {} };
}

/** Null where the replica knows no such fault, or its value makes no sense. */
export function faultFromWire({ slowDisk, clear }: WireFault): ReplicaFault | null {
  if (clear !== undefined && clear !== null) return { kind: 'clear' };
  if (slowDisk === undefined || slowDisk === null) return null;
  const { ms } = slowDisk;
  return ms >= 0 && ms <= 60_000 ? { kind: 'slow-disk', ms } : null;
}

export function orderToWire(order: Order): WireOrder {
  if (order.kind === 'transfer') return { transfer: { to: order.to } };
  return { reconfigure: { voters: order.voters, learners: order.learners } };
}

/** What is wanted; or, in words, why nobody could do that in a run of these replicas. */
export function orderFromWire({ reconfigure, transfer }: WireOrder, replicas: readonly NodeId[]): Order | string {
  if (transfer !== undefined && transfer !== null) {
    if (!replicas.includes(transfer.to)) return 'the order names somebody who is no replica of this run';
    return { kind: 'transfer', to: transfer.to };
  }
  if (reconfigure === undefined || reconfigure === null) return 'there is no such order here';
  const { voters, learners } = reconfigure;
  const named = new Set([...voters, ...learners]);
  if (voters.length === 0) return 'a group needs somebody who votes';
  if (named.size < voters.length + learners.length) return 'the order names a replica twice';
  for (const id of named) {
    if (!replicas.includes(id)) return 'the order names somebody who is no replica of this run';
  }
  return { kind: 'reconfigure', voters, learners };
}
