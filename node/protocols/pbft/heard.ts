/** What replicas have signed, as it is heard in messages. Nothing here is verified. */
import { readStatement, type Statement, type VoteStatement } from './contradictions.ts';
import type { Certificate, Choice, PbftMessage, Phase, Signature } from './messages.ts';
import {
  checkpointStatement,
  newViewStatement,
  savedStatement,
  viewChangeStatement,
  voteStatement,
} from './statements.ts';

export interface Heard {
  readonly statement: Statement;
  readonly signature: Signature;
}

export interface HeardVote extends Heard {
  readonly statement: VoteStatement;
}

export function heardVote(phase: Phase, { view, slot, digest }: Choice, signature: Signature): HeardVote {
  return { statement: { kind: phase, view, slot, digest }, signature };
}

/** All that is signed in a message, by whomever. */
export function* heardIn(msg: PbftMessage): Generator<Heard> {
  switch (msg.type) {
    case 'propose':
      yield heardVote('share', msg, msg.signature);
      break;
    case 'vote':
      yield heardVote(msg.phase, msg, msg.signature);
      break;
    case 'checkpoint':
    case 'saved':
      yield { statement: { kind: msg.type, slot: msg.slot, digest: msg.digest }, signature: msg.signature };
      break;
    case 'certified':
      yield* votesIn(msg.certificate);
      break;
    case 'decided':
      for (const { certificate } of msg.decisions) yield* votesIn(certificate);
      break;
    case 'new-view':
      yield* read(newViewStatement(msg), msg.signature);
      for (const change of msg.changes) yield* read(viewChangeStatement(change), change.signature);
      break;
    case 'view-change':
      yield* read(viewChangeStatement(msg), msg.signature);
      for (const { decided, prepared } of msg.slots) {
        for (const certificate of [decided, prepared]) if (certificate !== undefined) yield* votesIn(certificate);
      }
      break;
  }
}

function* read(bytes: Uint8Array, signature: Signature): Generator<Heard> {
  const statement = readStatement(new TextDecoder().decode(bytes));
  if (statement !== undefined) yield { statement, signature };
}

function* votesIn(certificate: Certificate): Generator<HeardVote> {
  const phase = certificate.kind === 'slow' ? 'commit' : 'share';
  for (const signature of certificate.signatures) yield heardVote(phase, certificate, signature);
}

/** The text that is signed, as bytes. */
export function bytesOf(statement: Statement): Uint8Array {
  switch (statement.kind) {
    case 'share':
    case 'commit':
      return voteStatement(statement.kind, statement);
    case 'checkpoint':
      return checkpointStatement(statement.slot, statement.digest);
    case 'saved':
      return savedStatement(statement.slot, statement.digest);
    case 'view-change':
    case 'new-view':
      return new TextEncoder().encode(statement.text);
  }
}
