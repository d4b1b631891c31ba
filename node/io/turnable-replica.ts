import { lackingForgeries } from '../malice/kit/abilities.ts';
import { MaliciousReplica } from '../malice/kit/malicious-replica.ts';
import type { NodeId, Protocol, ProtocolDefinition, ReplicaConfig } from '../protocol.ts';
import { loadBehaviour } from './behaviours.ts';
import { SettingsError } from './settings.ts';

export interface TurnableParts {
  readonly config: ReplicaConfig;
  readonly definition: Pick<ProtocolDefinition<unknown, unknown>, 'codec' | 'forgery'>;
  readonly accomplices: readonly NodeId[];
  readonly another: () => Protocol<unknown, unknown>;
}

/** A replica that can be told to be malicious while it runs. */
export class TurnableReplica {
  readonly protocol: MaliciousReplica<unknown, unknown>;
  readonly #definition: TurnableParts['definition'];

  constructor(honest: Protocol<unknown, unknown>, { config, definition, accomplices, another }: TurnableParts) {
    this.#definition = definition;
    const { forgery = {}, codec } = definition;
    const others = new Set(accomplices);
    this.protocol = new MaliciousReplica(honest, { config, forgery, codec, accomplices: others, another });
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
