/** Somebody who hears all that is said in a group, forgets nothing, and holds each statement against all others of its signer. */
import type { NodeId } from '../../contract/ids.ts';
import { contradiction, type Statement } from './contradictions.ts';
import { bytesOf, heardIn } from './heard.ts';
import type { PbftMessage } from './messages.ts';

export interface Finding {
  readonly culprit: NodeId;
  readonly words: string;
  readonly texts: readonly [string, string];
}

const textOf = (statement: Statement): string => new TextDecoder().decode(bytesOf(statement));

export class Audit {
  /** All different statements of each. */
  readonly #said = new Map<NodeId, Map<string, Statement>>();
  readonly findings: Finding[] = [];

  /** How many different statements were heard. */
  get count(): number {
    return [...this.#said.values()].reduce((sum, { size }) => sum + size, 0);
  }

  hear(msg: PbftMessage): void {
    for (const { statement, signature } of heardIn(msg)) this.#hold(signature.signer, statement);
  }

  #hold(signer: NodeId, statement: Statement): void {
    const said = this.#said.get(signer) ?? new Map<string, Statement>();
    this.#said.set(signer, said);
    const text = textOf(statement);
    if (said.has(text)) return;
    for (const before of said.values()) {
      const words = contradiction(before, statement);
      if (words !== undefined) this.findings.push({ culprit: signer, words, texts: [textOf(before), text] });
    }
    said.set(text, statement);
  }
}
