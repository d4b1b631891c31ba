import type { Defect } from '../../contract/defect.ts';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { paxosCodec } from './codec.ts';
import { paxosForgery } from './forgery.ts';
import type { PaxosMessage, PaxosRecord } from './messages.ts';
import { Paxos } from './paxos.ts';
import { correctRules, type PaxosDefect } from './rules.ts';

const definition: ProtocolDefinition<PaxosMessage, PaxosRecord> = {
  summary:
    'basic Paxos: both phases for every slot, any replica proposes (back-off, window, flexible quorums, snapshots)',
  faultModel: 'crash',
  signs: false,
  epochName: 'ballot',
  defaultNodeCount: 5,
  tolerated: (nodeCount) => Math.floor((nodeCount - 1) / 2),
  abilities: new Set(['reconfigure', 'flexible-quorums']),
  client: { reads: 'asked' },
  codec: paxosCodec,
  forgery: paxosForgery,
  create: (config, defect?: Defect) =>
    new Paxos(config, { ...correctRules, ...(defect as PaxosDefect | undefined)?.rules }),
};

export default definition;
