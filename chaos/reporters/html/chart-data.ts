/** What the charts of a report draw: binned, capped, in seconds since load began, and small enough to embed. */
import type { Recording } from '../../contracts/events.ts';
import type { ReportInput } from '../../contracts/report.ts';
import { type Spell, spellsOf } from '../../malice.ts';
import { isLeading } from '../../roles.ts';
import type { Span } from '../../spans.ts';
import {
  calmRatePerSecond,
  loadSpan,
  recordingEndMs,
  type StrikeWindow,
  strikeWindows,
  writeGaps,
} from '../../statistics.ts';
import {
  type Bin,
  binHistory,
  binWidthMs,
  leaderlessSpans,
  type NodeLane,
  nodeLanes,
  observationsOf,
  observedSpans,
} from '../shared/series.ts';
import { capped, seconds } from './drawn.ts';
import { type DrawnLines, drawnLines } from './node-lines.ts';

const mostNodes = 16;
const mostSpansPerLane = 250;
const mostBands = 200;
/** Shorter pauses between writes are the rhythm of the load: in milliseconds, and in operations at the rate of the load. */
const noteworthyGap = { ms: 500, operations: 10 };

/** From, to (both in seconds) and what it says. */
export type LabelledSpan = readonly [number, number, string];

/** One lane of the fault chart. */
export interface FaultLane {
  readonly node: string;
  readonly requested: readonly LabelledSpan[];
  readonly observed: readonly LabelledSpan[];
}

/** The JSON that a page carries for its scripts; the field names are those of `assets/*.js`. */
export interface DrawnData extends DrawnLines {
  readonly endS: number;
  readonly loadEndS: number;
  /** The calm rate, per second; null where nothing was calm. */
  readonly calmRate: number | null;
  readonly bins: {
    readonly fromS: readonly number[];
    readonly midS: readonly number[];
    readonly ok: readonly number[];
    readonly fail: readonly number[];
    readonly info: readonly number[];
    readonly p50: readonly (number | null)[];
    readonly p99: readonly (number | null)[];
    readonly max: readonly (number | null)[];
  };
  readonly bands: readonly LabelledSpan[];
  readonly gaps: readonly (readonly [number, number])[];
  readonly withoutQuorum: readonly (readonly [number, number])[];
  readonly faults: readonly FaultLane[];
  readonly nodes: readonly {
    readonly node: string;
    readonly roles: readonly { span: LabelledSpan; epoch: number | null; leads: boolean }[];
    readonly absences: readonly LabelledSpan[];
  }[];
  readonly leaderless: readonly (readonly [number, number])[];
}

/** What is drawn, what the tables list, and what was left out. */
export interface ChartData {
  readonly drawn: DrawnData;
  readonly bins: readonly Bin[];
  readonly binMs: number;
  readonly lanes: readonly NodeLane[];
  readonly strikes: readonly StrikeWindow[];
  /** What the protocol calls an epoch: ballot, term, view. */
  readonly epochName: string;
  /** Sentences such as `Leader and epoch: showing 16 of 40 nodes.` */
  readonly truncated: readonly string[];
}

function pair({ fromMs, toMs }: Span): [number, number] {
  return [seconds(fromMs), seconds(toMs)];
}

/** A strike in a word or two: `kill n1`. */
export function strikeLabel({ fault, nodes, target }: StrikeWindow): string {
  const shown = nodes.slice(0, 3).join(', ');
  return `${fault} ${nodes.length === 0 ? target : `${shown}${nodes.length > 3 ? ` +${nodes.length - 3}` : ''}`}`;
}

function binColumns(bins: readonly Bin[]): DrawnData['bins'] {
  const perSecond = (bin: Bin, count: number) => {
    return bin.toMs > bin.fromMs ? Math.round((count * 100_000) / (bin.toMs - bin.fromMs)) / 100 : 0;
  };
  return {
    fromS: bins.map((bin) => seconds(bin.fromMs)),
    midS: bins.map((bin) => seconds((bin.fromMs + bin.toMs) / 2)),
    ok: bins.map((bin) => perSecond(bin, bin.ok)),
    fail: bins.map((bin) => perSecond(bin, bin.fail)),
    info: bins.map((bin) => perSecond(bin, bin.info)),
    p50: bins.map((bin) => bin.p50),
    p99: bins.map((bin) => bin.p99),
    max: bins.map((bin) => bin.max),
  };
}

/** How a replica behaved while it was malicious. */
function maliceSpans(spells: readonly Spell[], node: string, endMs: number): LabelledSpan[] {
  return spells
    .filter((spell) => spell.node === node)
    .map(({ behaviour, fromMs, toMs }) => [seconds(fromMs ?? 0), seconds(toMs ?? endMs), `malicious: ${behaviour}`]);
}

function faultLanes(
  { recording }: ReportInput,
  strikes: readonly StrikeWindow[],
  lanes: readonly NodeLane[],
): FaultLane[] {
  const observations = observationsOf(recording);
  const { endMs } = observations;
  const spells = spellsOf(recording);
  return lanes.flatMap((lane) => {
    const own = strikes.filter((strike) => strike.requestedMs !== null && strike.nodes.includes(lane.node));
    const malice = maliceSpans(spells, lane.node, endMs);
    if (own.length === 0 && malice.length === 0) return [];
    const requested = own.map((strike): LabelledSpan => {
      const toMs = strike.healRequestedMs ?? strike.healedMs ?? endMs;
      return [seconds(strike.requestedMs ?? 0), seconds(toMs), strike.fault];
    });
    const observed = own.flatMap((strike) =>
      observedSpans(observations, strike, lane).map((span): LabelledSpan => [...pair(span), span.what]),
    );
    return [{ node: lane.node, requested, observed: [...malice, ...observed] }];
  });
}

function capLane(lane: FaultLane, notes: string[]): FaultLane {
  const cap = (spans: readonly LabelledSpan[], what: string) =>
    capped(spans, mostSpansPerLane, `Faults of ${lane.node}: # ${what}`, notes);
  return {
    node: lane.node,
    requested: cap(lane.requested, 'requested spans'),
    observed: cap(lane.observed, 'observed spans'),
  };
}

function drawnNodes(lanes: readonly NodeLane[], notes: string[]): DrawnData['nodes'] {
  return lanes.map(({ node, roles, absences }) => ({
    node,
    roles: capped(roles, mostSpansPerLane, `Roles of ${node}: # changes`, notes).map((span) => ({
      span: [...pair(span), span.role ?? 'up'],
      epoch: span.epoch,
      leads: span.role !== null && isLeading(span.role),
    })),
    absences: capped(absences, mostSpansPerLane, `Absences of ${node}: # spans`, notes).map((span) => [
      ...pair(span),
      span.kind,
    ]),
  }));
}

/** The longest stretches without a write, in order of time. */
function drawnGaps(recording: Recording, notes: string[]): DrawnData['gaps'] {
  const { rate } = recording.plan.experiment.load;
  const gaps = writeGaps(recording, Math.max(noteworthyGap.ms, (noteworthyGap.operations * 1000) / rate));
  const longestFirst = gaps.sort((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs));
  const shown = capped(longestFirst, mostBands, 'Gaps: # stretches, the longest', notes);
  return shown.sort((a, b) => a.fromMs - b.fromMs).map(pair);
}

/** Everything that the charts and their tables show; `epochName` is what the protocol calls an epoch. */
export function chartData(input: ReportInput, epochName: string): ChartData {
  const { recording } = input;
  const truncated: string[] = [];
  const endMs = recordingEndMs(recording);
  const bins = binHistory(recording);
  const allLanes = nodeLanes(recording);
  const lanes = capped(allLanes, mostNodes, 'Leader and epoch: # nodes', truncated);
  const strikes = strikeWindows(recording);
  const struck = strikes.filter((strike) => strike.struckMs !== null);
  const faults = capped(faultLanes(input, strikes, allLanes), mostNodes, 'Faults: # targets', truncated);
  return {
    bins,
    binMs: binWidthMs(endMs),
    lanes,
    strikes,
    epochName,
    drawn: {
      endS: seconds(endMs),
      loadEndS: seconds(loadSpan(recording).toMs),
      calmRate: calmRatePerSecond(recording),
      bins: binColumns(bins),
      bands: capped(struck, mostBands, 'Fault bands: # strikes', truncated).map(
        (strike): LabelledSpan => [
          seconds(strike.struckMs ?? 0),
          seconds(strike.healedMs ?? endMs),
          strikeLabel(strike),
        ],
      ),
      gaps: drawnGaps(recording, truncated),
      withoutQuorum: capped(
        input.verdict.withoutQuorum,
        mostBands,
        'Time without a quorum: # stretches',
        truncated,
      ).map(pair),
      faults: faults.map((lane) => capLane(lane, truncated)),
      nodes: drawnNodes(lanes, truncated),
      leaderless: leaderlessSpans(allLanes, endMs).slice(0, mostSpansPerLane).map(pair),
      ...drawnLines(recording, truncated),
    },
    truncated,
  };
}
