/** Which strikes impair which links just now; shared by what strikes and what turns observations into facts. */
import type { NodeId } from '../../../node/contract/ids.ts';
import type { Impairment } from '../../contracts/cluster.ts';
import type { Link } from '../../contracts/events.ts';
import { peerLinkName } from './layout.ts';

/**
 * So long a link that was cut twice must stay silent after the first of the cuts was healed, in milliseconds, until that is the
 * work of the second: longer than a sign of life is on its way.
 */
export const inheritanceMs = 300;

interface Active {
  readonly strike: string;
  readonly kind: Impairment['kind'];
}

export class ImpairedLinks {
  readonly #onStillSilent: (link: Link, strike: string) => void;
  readonly #active = new Map<string, readonly Active[]>();
  /** By their names, with who does not hear. */
  readonly #silent = new Map<string, NodeId>();

  /**
   * @param onStillSilent - a link was silent already when the strike cut it, and what had silenced it is healed since
   *   `inheritanceMs`. Its receiver notices nothing new then
   */
  constructor(onStillSilent: (link: Link, strike: string) => void) {
    this.#onStillSilent = onStillSilent;
  }

  add(link: Link, strike: string, kind: Impairment['kind']): void {
    const name = peerLinkName(link);
    this.#active.set(name, [...(this.#active.get(name) ?? []), { strike, kind }]);
  }

  remove(link: Link, strike: string): void {
    const name = peerLinkName(link);
    const before = this.explain(link, 'cut');
    this.#active.set(
      name,
      (this.#active.get(name) ?? []).filter((active) => active.strike !== strike),
    );
    const heir = this.explain(link, 'cut');
    if (before === strike && heir !== undefined && this.#silent.has(name)) this.#awaitSilence(link, heir);
  }

  /** Its receiver hears nothing from it, for whatever reason. */
  fellSilent(link: Link): void {
    this.#silent.set(peerLinkName(link), link.to);
  }

  /** Its receiver hears something from it again. */
  wasHeard(link: Link): void {
    this.#silent.delete(peerLinkName(link));
  }

  /** Who is dead or stands still does not listen. */
  stoppedListening(node: NodeId): void {
    for (const [name, to] of this.#silent) if (to === node) this.#silent.delete(name);
  }

  /** The strike that explains an observation on a link, the one that came first; undefined where none does. */
  explain(link: Link, wanted: Impairment['kind']): string | undefined {
    return this.#active.get(peerLinkName(link))?.find(({ kind }) => kind === wanted)?.strike;
  }

  clear(): void {
    this.#active.clear();
  }

  #awaitSilence(link: Link, heir: string): void {
    setTimeout(() => {
      const isStill = this.#silent.has(peerLinkName(link)) && this.explain(link, 'cut') === heir;
      if (isStill) this.#onStillSilent(link, heir);
    }, inheritanceMs).unref();
  }
}
