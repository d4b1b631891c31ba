/**
 * Replies that wait until all is durable that was written before them. What is decided may be applied before this replica has it on
 * its disk, for a quorum knows it; but where clients believe a quorum of states (`ReplicaConfig.quorumReads`), a replica that has
 * told of something must not answer from before it when it comes back from a power cut.
 */

import type { ClientId } from './contract/ids.ts';
import type { ClientPort, ClientReply } from './ports.ts';

interface Held {
  readonly position: number;
  readonly client: ClientId;
  readonly reply: ClientReply;
}

export class HeldReplies implements ClientPort {
  readonly #clients: ClientPort;
  readonly #writtenTo: () => number;
  #durableTo = 0;
  /** In the order of their positions. */
  #held: Held[] = [];

  /** @param writtenTo - the position of the last record that was written */
  constructor(clients: ClientPort, writtenTo: () => number) {
    this.#clients = clients;
    this.#writtenTo = writtenTo;
  }

  reply(client: ClientId, reply: ClientReply): void {
    const position = this.#writtenTo();
    if (position <= this.#durableTo) this.#clients.reply(client, reply);
    else this.#held.push({ position, client, reply });
  }

  /** All up to this position is durable. */
  release(position: number): void {
    this.#durableTo = position;
    const first = this.#held.findIndex((held) => held.position > position);
    const free = this.#held.splice(0, first < 0 ? this.#held.length : first);
    for (const { client, reply } of free) this.#clients.reply(client, reply);
  }
}
