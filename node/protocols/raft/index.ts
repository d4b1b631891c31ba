import type { Defect } from '../../contract/defect.ts';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { raftCodec } from './codec.ts';
import { raftForgery } from './forgery.ts';
import type { RaftMessage, RaftRecord } from './messages.ts';
import { Raft } from './raft.ts';
import { correctRules, type RaftDefect } from './rules.ts';

const definition: ProtocolDefinition<RaftMessage, RaftRecord> = {
  summary: 'Raft: a leader orders a log that a majority stores (PreVote, CheckQuorum, ReadIndex, sessions)',
  epochName: 'term',
  faultModel: 'crash',
  signs: false,
  abilities: new Set(['reconfigure', 'transfer', 'lease-reads']),
  defaultNodeCount: 5,
  tolerated: (nodeCount) => Math.floor((nodeCount - 1) / 2),
  client: { reads: 'asked' },
  codec: raftCodec,
  forgery: raftForgery,
  create: (config, defect?: Defect) =>
    new Raft(config, { ...correctRules, ...(defect as RaftDefect | undefined)?.rules }),
};

export default definition;
