import type { Defect } from '../../contract/defect.ts';
import type { ProtocolDefinition } from '../../contract/definition.ts';
import { pbftCodec } from './codec.ts';
import { contradictionInTexts } from './contradictions.ts';
import { pbftForgery } from './forgery.ts';
import type { PbftMessage, PbftRecord } from './messages.ts';
import { modes } from './modes.ts';
import { Pbft } from './pbft.ts';
import { sizeFlaw, sizesOf } from './quorum.ts';
import { correctRules, type PbftDefect } from './rules.ts';

const definition: ProtocolDefinition<PbftMessage, PbftRecord> = {
  summary: 'PBFT: stands malicious replicas (signed messages, batches, checkpoints, view changes with proofs)',
  epochName: 'view',
  faultModel: 'byzantine',
  signs: true,
  defaultNodeCount: 4,
  sizeFlaw,
  tolerated: (nodeCount) => sizesOf(nodeCount).f,
  abilities: new Set(['quorum-reads']),
  modes,
  client: {
    replyQuorum: (nodeCount) => sizesOf(nodeCount).oneHonest,
    readQuorum: (nodeCount) => sizesOf(nodeCount).quorum,
    reads: 'ordered',
  },
  codec: pbftCodec,
  forgery: pbftForgery,
  accountability: { contradiction: contradictionInTexts },
  create: (config, defect?: Defect) =>
    new Pbft(config, { ...correctRules, ...(defect as PbftDefect | undefined)?.rules }),
};

export default definition;
