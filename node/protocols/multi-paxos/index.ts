import type { Defect } from '../../contract/defect.ts';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { multiPaxosCodec } from './codec.ts';
import { multiPaxosForgery } from './forgery.ts';
import type { MultiPaxosMessage, MultiPaxosRecord } from './messages.ts';
import { MultiPaxos } from './multi-paxos.ts';
import { correctRules, type MultiPaxosDefect } from './rules.ts';

const definition: ProtocolDefinition<MultiPaxosMessage, MultiPaxosRecord> = {
  summary: 'Multi-Paxos: a stable leader runs phase 1 once for all slots (window, flexible quorums, leases, snapshots)',
  epochName: 'ballot',
  faultModel: 'crash',
  signs: false,
  defaultNodeCount: 5,
  tolerated: (nodeCount) => Math.floor((nodeCount - 1) / 2),
  abilities: new Set(['reconfigure', 'transfer', 'lease-reads', 'flexible-quorums', 'disk-loss']),
  client: { reads: 'asked' },
  codec: multiPaxosCodec,
  forgery: multiPaxosForgery,
  create: (config, defect?: Defect) =>
    new MultiPaxos(config, { ...correctRules, ...(defect as MultiPaxosDefect | undefined)?.rules }),
};

export default definition;
