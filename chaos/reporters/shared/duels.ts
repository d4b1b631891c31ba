/** Duels of proposers in words and over time. `epoch` is what the protocol calls an epoch: ballot, term, view. */

import type { NodeId } from '../../../node/contract/ids.ts';
import type { Recording } from '../../contracts/events.ts';
import type { DuelledSlot, Duels } from '../../contracts/statistics.ts';
import { overtakenUnderLoad } from '../../duels.ts';
import { recordingEndMs } from '../../statistics.ts';
import { count } from '../../words.ts';
import { formatAt, formatCount, formatMs } from './format.ts';
import { binWidthMs, type NodeSeries } from './series.ts';

/** How long a duelled slot was held up: `slot 88 waited 912 ms`. */
export function waitInWords({ index, heldUpMs }: DuelledSlot): string {
  if (heldUpMs === null) return `slot ${index} was not applied by the end`;
  return heldUpMs === 0 ? 'no slot waited' : `slot ${index} waited ${formatMs(heldUpMs)}`;
}

/** `slot 88, 6 ballots, applied after 912 ms`. */
function duelInWords({ index, overtaken, heldUpMs }: DuelledSlot, epoch: string): string {
  return `slot ${index}, ${count(overtaken, epoch)}, ${applied(heldUpMs)}`;
}

function applied(heldUpMs: number | null): string {
  if (heldUpMs === null) return 'not applied by the end';
  return heldUpMs === 0 ? 'applied before' : `applied after ${formatMs(heldUpMs)}`;
}

/** Rows of a table of figures; none where no ballot was overtaken. */
export function duelRows(duels: Duels | null, epoch: string): string[][] {
  if (duels === null) return [];
  const { index, overtaken, fromMs, toMs } = duels.most;
  const most = `slot ${index}, ${count(overtaken, epoch)}, from ${formatAt(fromMs)} to ${formatAt(toMs)}`;
  return [
    [`${epoch}s overtaken`, formatCount(duels.overtaken)],
    [`the most ${epoch}s overtaken in one slot`, most],
    ['the longest duel', duelInWords(duels.longest, epoch)],
  ];
}

/** How many ballots of each replica were overtaken within each bin; null where none was. */
export function overtakenSeries(recording: Recording): NodeSeries | null {
  const overtaken = overtakenUnderLoad(recording);
  if (overtaken.length === 0) return null;
  const endMs = recordingEndMs(recording);
  const width = binWidthMs(endMs);
  const bins = Math.max(1, Math.ceil(endMs / width));
  const perNode = new Map<NodeId, number[]>(recording.plan.nodes.map((node) => [node, new Array(bins).fill(0)]));
  for (const { node, atMs } of overtaken) {
    const counts = perNode.get(node);
    const bin = Math.min(bins - 1, Math.floor(atMs / width));
    if (counts !== undefined) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return { atMs: Array.from({ length: bins }, (_, bin) => Math.min(endMs, (bin + 1) * width)), perNode };
}
