/** What a comparison rests on: why the figures of two systems may stand side by side, in words. */
import { formatCount, formatMs } from '../../reporters/shared/format.ts';
import { count } from '../../words.ts';
import type { BenchPlan, BenchResult } from '../contracts.ts';
import { batchingOf, formatBytes, notTold, roundsName, told } from './wording.ts';

/** Why raw latencies flatter a system that stalls. */
export const correctionNote =
  'A client that waits for a held-up operation does not send the next ones, so the worst moments are measured least: coordinated omission. Corrected latencies put that right. In an open loop the time counts from when an operation was due, not from when it could be sent; in a closed loop a client that was held up is charged for the operations that it would have sent meanwhile. Raw latencies count from when an operation was sent.';

/** Names and what there is to say of them. */
export type Facts = readonly (readonly [string, string])[];

/** What was the same on both sides. */
export function sameFacts({ plan, machine }: BenchResult): Facts {
  const { settings } = plan;
  return [
    [
      'Values',
      `${formatCount(settings.records)} records of ${formatBytes(settings.valueBytes)} each, the same for every system`,
    ],
    ['Durability', 'a write counts when a majority of the replicas has synced it to disk; see syncs per operation'],
    ['Replicas', `${count(plan.nodes, 'replica')} of each system`],
    [
      'Machine',
      `one for all replicas and the load generator: ${machine.cpu}, ${count(machine.cores, 'core')}, ${told(machine.memoryBytes, formatBytes)}, ${machine.os}`,
    ],
    ['Order', `${roundsName(plan)}; within a round the systems take turns, one under load at a time`],
    ['Load', 'from a generator that is a process of its own; every measurement draws anew from the same workload'],
  ];
}

/** What shares a message, a log entry or a sync, by line. */
export function batchingFacts(result: BenchResult): Facts {
  return batchingOf(result);
}

/** `multi-paxos, compared with raft`. */
function protocolsName({ protocols, beside }: BenchPlan): string {
  return `${protocols.filter((protocol) => protocol !== beside).join(', ')}, compared with ${beside}`;
}

/** Where the figures come from. */
export function originFacts(result: BenchResult): Facts {
  const { plan, machine } = result;
  return [
    ['splitbrain', result.version],
    ...result.systems.map(({ name, version }): [string, string] => [name, version === '' ? notTold : version]),
    ...(plan.storages.length === 0 ? [] : [['Storage', plan.storages.join(', ')] as const]),
    ...(plan.modes.length === 0 ? [] : [['Mode', plan.modes.join(', ')] as const]),
    ...(plan.beside === null ? [] : [['Protocols', protocolsName(plan)] as const]),
    ['Peers', plan.peers.length === 0 ? 'none' : plan.peers.join(', ')],
    ['Ran on', plan.on],
    ['Node', machine.node],
    ['CPU', `${machine.cpu}, ${count(machine.cores, 'core')}`],
    ['Memory', told(machine.memoryBytes, formatBytes)],
    ['Operating system', machine.os],
    ['Seed', String(plan.seed)],
    ['Started', result.startedAt],
    ['Warm-up', formatMs(plan.warmupMs)],
    ['Measured', `${formatMs(plan.durationMs)} a point and round`],
    ['Checked keys', formatCount(plan.checkedKeys)],
  ];
}
