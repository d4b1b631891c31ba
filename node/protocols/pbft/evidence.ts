/**
 * Evidence: two statements with which a replica has contradicted itself. They convict it wherever the public keys are known,
 * and who is honest signs no such two (`contradictions.ts`).
 */

import type { SignedText } from '../../contract/facts.ts';
import type { NodeId } from '../../contract/ids.ts';
import { bytesOf, type Heard, type HeardVote, heardIn, heardVote } from './heard.ts';
import type { PbftMessage } from './messages.ts';
import { exposeOdd, keepHandedOn } from './odd-votes.ts';
import type { PbftState } from './state.ts';
import { onExposed } from './timing.ts';
import { isTooLong } from './view-validity.ts';
import type { Proof } from './witness.ts';

/** What it costs to look through a message that may hold many statements; see `allowance.ts`. */
const cost = 1;

/** Looks through a message for what contradicts what was heard before. What becomes of the message stays as it is. */
export function examine(state: PbftState, from: NodeId, msg: PbftMessage): void {
  switch (msg.type) {
    case 'propose':
      examineVote(state, from, heardVote('share', msg, msg.signature), 'propose');
      break;
    case 'vote':
      examineVote(state, from, heardVote(msg.phase, msg, msg.signature), 'vote');
      break;
    case 'checkpoint':
    case 'saved':
    case 'certified':
      weighAll(state, from, msg);
      break;
    case 'view-change':
    case 'new-view':
      if (!isTooLong(state.verifier, msg) && state.scrutiny.take(from, cost)) weighAll(state, from, msg);
      break;
    case 'decided':
      if (state.scrutiny.take(from, cost)) weighAll(state, from, msg);
      break;
  }
}

function weighAll(state: PbftState, from: NodeId, msg: PbftMessage): void {
  if (from !== state.config.id) for (const heard of heardIn(msg)) weigh(state, from, heard);
}

function examineVote(state: PbftState, from: NodeId, vote: HeardVote, as: 'propose' | 'vote'): void {
  if (from === state.config.id) {
    state.witness.keep(vote);
    return;
  }
  weigh(state, from, vote);
  if (from === vote.signature.signer) exposeOdd(state, vote, as);
  else keepHandedOn(state, vote);
}

function weigh(state: PbftState, from: NodeId, heard: Heard): void {
  const proof = state.witness.hear(heard, from === heard.signature.signer);
  if (proof === undefined) return;
  onExposed(state, heard.signature.signer);
  report(state, proof);
}

function report({ config, out }: PbftState, [one, other]: Proof): void {
  if (!config.trace) return;
  const { signer: culprit } = one.signature;
  out.emit({ kind: 'note', fact: { type: 'evidence', culprit, statements: [signedText(one), signedText(other)] } });
}

function signedText({ statement, signature }: Heard): SignedText {
  const text = new TextDecoder().decode(bytesOf(statement));
  return { text, signature: Buffer.from(signature.bytes).toString('hex') };
}
