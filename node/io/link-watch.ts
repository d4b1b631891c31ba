/**
 * Watches the links into this replica: when one falls silent, is heard again, becomes slow, and is calm again. The lab
 * sees by these facts that a cut or a delay really bites, whatever it asked for. Pure: times come from outside.
 */
import type { NodeId } from '../contract/ids.ts';

/** What the receiving end of a directed link noticed. */
export type LinkFact =
  /**
   * No frame came for `silentMs`: from the arrival of the last one, in any part of an interval, or from the first tick
   * where none ever came, to the tick that noticed, in milliseconds of this replica's running time (see `tick`).
   */
  | { readonly type: 'link-silent'; readonly from: NodeId; readonly silentMs: number }
  /** The first frame ever, or the first after a silence. */
  | { readonly type: 'link-heard'; readonly from: NodeId }
  /** The one-way delay stays well above the calm one. */
  | { readonly type: 'link-slow'; readonly from: NodeId; readonly delayMs: number; readonly calmMs: number }
  /** It no longer does. */
  | { readonly type: 'link-calm'; readonly from: NodeId; readonly delayMs: number; readonly calmMs: number };

/** A line of the status page. */
export interface InboundLink {
  readonly from: NodeId;
  readonly silent: boolean;
  /** Milliseconds since the last frame; null where none ever came. */
  readonly lastHeardMs: number | null;
  /** The one-way delay of the last frame, in milliseconds. */
  readonly delayMs: number | null;
  readonly frames: number;
  readonly undecodable: number;
}

/** Silence shorter than this, in milliseconds, is a busy machine's. */
const graceMs = 60;
/** A delay this far above the calm one, in milliseconds, is a slow link. */
const slowMs = 10;
/** The delay is judged by the smallest of as many intervals, so that one late frame of a busy machine says nothing. */
const windowIntervals = 3;
const minWindowFrames = 2;

interface Watched {
  /** From the start, and whenever nothing came for long. */
  silent: boolean;
  /** Whether this silence was reported: the first one is when it has lasted, as a link may be cut before it is ever heard. */
  reported: boolean;
  slow: boolean;
  /** Running time from the last frame to the last tick, until the silence is reported. */
  silentMs: number;
  lastHeardAtMs: number;
  delayMs: number;
  calmMs: number;
  windowMs: number;
  windowFrames: number;
  windowMinMs: number;
  frames: number;
  undecodable: number;
}

export class LinkWatch {
  readonly #intervalMs: number;
  readonly #report: (fact: LinkFact) => void;
  readonly #links = new Map<NodeId, Watched>();
  #lastTickMs: number | undefined;

  /**
   * @param intervalMs - how often an idle link sends a sign of life
   */
  constructor(peers: readonly NodeId[], intervalMs: number, report: (fact: LinkFact) => void) {
    this.#intervalMs = intervalMs;
    this.#report = report;
    for (const peer of peers) {
      this.#links.set(peer, {
        silent: true,
        reported: false,
        slow: false,
        silentMs: 0,
        lastHeardAtMs: Number.NEGATIVE_INFINITY,
        delayMs: Number.NaN,
        calmMs: Number.POSITIVE_INFINITY,
        windowMs: 0,
        windowFrames: 0,
        windowMinMs: Number.POSITIVE_INFINITY,
        frames: 0,
        undecodable: 0,
      });
    }
  }

  /** A frame came at `nowMs` that was `delayMs` on its way, by the wall clocks of both ends. */
  heard(from: NodeId, nowMs: number, delayMs: number): void {
    const link = this.#links.get(from);
    if (link === undefined) return;
    link.frames += 1;
    link.silentMs = 0;
    link.lastHeardAtMs = nowMs;
    link.delayMs = delayMs;
    link.windowFrames += 1;
    if (delayMs < link.windowMinMs) link.windowMinMs = delayMs;
    if (delayMs < link.calmMs) link.calmMs = delayMs;
    link.reported = false;
    if (link.silent) {
      link.silent = false;
      this.#report({ type: 'link-heard', from });
    }
  }

  /** Something came that could not be decoded. */
  undecodable(from: NodeId): void {
    const link = this.#links.get(from);
    if (link !== undefined) link.undecodable += 1;
  }

  /**
   * To be called every interval. Time that this replica itself did not run (a pause, a long collection) counts for two
   * intervals at most: what came meanwhile is still in its sockets, and the link is not to blame.
   */
  tick(nowMs: number): void {
    const maxMs = 2 * this.#intervalMs;
    const elapsedMs = nowMs - (this.#lastTickMs ?? nowMs);
    this.#lastTickMs = nowMs;
    for (const [from, link] of this.#links) {
      this.#watchSilence(from, link, Math.min(elapsedMs, nowMs - link.lastHeardAtMs, maxMs));
      this.#watchDelay(from, link, Math.min(elapsedMs, maxMs));
    }
  }

  table(nowMs: number): InboundLink[] {
    return [...this.#links].map(([from, { silent, lastHeardAtMs, delayMs, frames, undecodable }]) => ({
      from,
      silent,
      lastHeardMs: frames === 0 ? null : nowMs - lastHeardAtMs,
      delayMs: frames === 0 ? null : delayMs,
      frames,
      undecodable,
    }));
  }

  #watchSilence(from: NodeId, link: Watched, elapsedMs: number): void {
    if (link.reported) return;
    link.silentMs += elapsedMs;
    if (link.silentMs <= graceMs + 2 * this.#intervalMs) return;
    link.silent = true;
    link.reported = true;
    this.#report({ type: 'link-silent', from, silentMs: link.silentMs });
  }

  #watchDelay(from: NodeId, link: Watched, elapsedMs: number): void {
    link.windowMs += elapsedMs;
    if (link.windowMs < windowIntervals * this.#intervalMs || link.windowFrames < minWindowFrames) return;
    const { windowMinMs: delayMs, calmMs } = link;
    link.windowMs = 0;
    link.windowFrames = 0;
    link.windowMinMs = Number.POSITIVE_INFINITY;
    // It must fall to half of the bound again, so that a delay close to the bound is not reported over and over.
    const slow = delayMs > calmMs + (link.slow ? slowMs / 2 : slowMs);
    if (slow === link.slow) return;
    link.slow = slow;
    this.#report({ type: slow ? 'link-slow' : 'link-calm', from, delayMs, calmMs });
  }
}
