/** Which strikes impair which links just now; shared by what strikes and what turns observations into facts. */
import type { Impairment } from '../../contracts/cluster.ts';
import type { Link } from '../../contracts/events.ts';
import { peerLinkName } from './layout.ts';

export class ImpairedLinks {
  readonly #active = new Map<string, { readonly strike: string; readonly kind: Impairment['kind'] }[]>();

  add(link: Link, strike: string, kind: Impairment['kind']): void {
    const name = peerLinkName(link);
    this.#active.set(name, [...(this.#active.get(name) ?? []), { strike, kind }]);
  }

  remove(link: Link, strike: string): void {
    const name = peerLinkName(link);
    this.#active.set(
      name,
      (this.#active.get(name) ?? []).filter((active) => active.strike !== strike),
    );
  }

  /** The strike that explains an observation on a link; undefined where none does. */
  explain(link: Link, wanted: Impairment['kind']): string | undefined {
    return this.#active.get(peerLinkName(link))?.find(({ kind }) => kind === wanted)?.strike;
  }

  clear(): void {
    this.#active.clear();
  }
}
