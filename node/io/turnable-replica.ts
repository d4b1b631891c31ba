import { lackingForgeries } from '../malice/kit/abilities.ts';
import { type MaliciousParts, MaliciousReplica } from '../malice/kit/malicious-replica.ts';
import { loadBehaviour } from './behaviours.ts';
import { SettingsError } from './settings.ts';

/** A replica that can be told to be malicious while it runs. */
export class TurnableReplica {
  readonly protocol: MaliciousReplica<unknown, unknown>;
  readonly #definition: MaliciousParts<unknown, unknown>['definition'];

  constructor(parts: MaliciousParts<unknown, unknown>) {
    this.#definition = parts.definition;
    this.protocol = new MaliciousReplica(parts);
  }

  /**
   * @param name - a file of node/malice, or null for honestly
   * @throws SettingsError where there is no such behaviour, or the protocol knows no forgeries for it
   */
  async behave(name: string | null): Promise<void> {
    if (name === null) {
      this.protocol.behave();
      return;
    }
    const named = await loadBehaviour(name);
    const lacking = lackingForgeries(named.behaviour, this.#definition);
    if (lacking.length > 0)
      throw new SettingsError(`"${name}" forges what the protocol has not: ${lacking.join(', ')}.`);
    this.protocol.behave(named);
  }
}
