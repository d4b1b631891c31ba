/**
 * The configurations that a log holds. A replica uses the last one, whether or not it is committed; where its entry is
 * overwritten, the one before is in force again. Dissertation, section 4.1.
 */

import type { NodeId } from '../../contract/ids.ts';
import { invariant } from '../../contract/invariant.ts';
import { type Configuration, isVoter } from './configuration.ts';
import { decodeConfiguration } from './configuration-codec.ts';
import type { Entry } from './messages.ts';

interface InLog {
  readonly index: number;
  readonly configuration: Configuration;
}

export class Configurations {
  /** By index. The first is that of a snapshot, or of the beginning. */
  #all: InLog[];

  constructor(initial: Configuration) {
    this.#all = [{ index: 0, configuration: initial }];
  }

  get #last(): InLog {
    return this.#all.at(-1) as InLog;
  }

  /** The one in force. */
  get current(): Configuration {
    return this.#last.configuration;
  }

  /** The index of its entry; 0 where there is none. */
  get index(): number {
    return this.#last.index;
  }

  /** The one that was in force when the log ended at `index`. */
  at(index: number): Configuration {
    const found = this.#all.findLast((each) => each.index <= index) ?? this.#all[0];
    return (found as InLog).configuration;
  }

  /** Whether it has a vote in the one that is in force at `index`, or in any later one. */
  isVoterSince(index: number, id: NodeId): boolean {
    if (isVoter(this.at(index), id)) return true;
    return this.#all.some((each) => each.index > index && isVoter(each.configuration, id));
  }

  /** Entries stand at `from` now, in place of all that stood there or later; whether another configuration is in force. */
  replaceFrom(from: number, entries: readonly Entry[]): boolean {
    const before = this.#last;
    if (before.index >= from) this.#all = this.#all.filter(({ index }, at) => at === 0 || index < from);
    for (const [offset, { kind, payload }] of entries.entries()) {
      if (kind !== 'configuration') continue;
      const configuration = decodeConfiguration(payload);
      invariant(configuration !== null, `entry ${from + offset} is to be a configuration, and is none`);
      this.#all.push({ index: from + offset, configuration });
    }
    return this.#last !== before;
  }

  /** The log up to `index` led to this one; what follows from later entries stays. */
  beginAt(index: number, configuration: Configuration): void {
    this.#all = [{ index, configuration }, ...this.#all.filter((each) => each.index > index)];
  }

  /** All entries are gone up to `index`, and none is left. */
  reset(index: number, configuration: Configuration): void {
    this.#all = [{ index, configuration }];
  }
}
