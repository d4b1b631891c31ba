/** How reports write figures, times and operations. The same value reads the same in every report. */
import type { CompletedOperation } from '../../contracts/operations.ts';
import type { ReportInput } from '../../contracts/report.ts';
import type { CheckResult, Outcome } from '../../contracts/verdict.ts';

const countFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** A whole number with separators: `12,403`. */
export function formatCount(value: number): string {
  return countFormat.format(value);
}

/** A rate or another plain figure, with no more digits than carry meaning: `98.3`, `1,204`, `0.02`. */
export function formatFigure(value: number): string {
  if (Number.isInteger(value)) return formatCount(value);
  return Math.abs(value) >= 100 ? formatCount(value) : String(Number(value.toPrecision(3)));
}

/** A duration in the unit that suits it: `0.42 ms`, `87 ms`, `2.1 s`, `2 min 5 s`, `24 h`. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const size = Math.abs(ms);
  if (size === 0) return '0 s';
  if (size < 9.95) return `${Number(ms.toPrecision(2))} ms`;
  if (size < 999.5) return `${Math.round(ms)} ms`;
  if (size < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(size / 1000);
  const sign = ms < 0 ? '-' : '';
  if (seconds < 3600) return sign + inTwoUnits(seconds, 'min', 's');
  return sign + inTwoUnits(Math.round(seconds / 60), 'h', 'min');
}

/** So many of the small unit, of which sixty make a large one: `2 min 5 s`, `3 min`. */
function inTwoUnits(value: number, large: string, small: string): string {
  const rest = value % 60;
  return `${Math.floor(value / 60)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}

/** A size in the unit that suits it: `812 bytes`, `33.4 KiB`, `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${formatCount(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const [size, unit] = bytes < 2 ** 20 ? [bytes / 1024, 'KiB'] : [bytes / 2 ** 20, 'MiB'];
  return `${formatFigure(size)} ${unit}`;
}

/** A moment of the run, in seconds since load began: `12.004 s`. */
export function formatAt(atMs: number | null): string {
  return atMs === null || !Number.isFinite(atMs) ? '–' : `${(atMs / 1000).toFixed(3)} s`;
}

/** What a check measured, or its limit, with its unit. */
export function formatMeasure(value: number | undefined, unit: string | undefined): string {
  if (value === undefined) return '–';
  if (unit === 'ms') return formatMs(value);
  if (unit === 'bytes') return formatBytes(value);
  return unit === undefined ? formatFigure(value) : `${formatFigure(value)} ${unit}`;
}

/** How far a check was from its limit; past it the margin is negative. */
export function formatMargin({ value, limit, unit }: CheckResult): string {
  if (value === undefined || limit === undefined || (value === 0 && limit === 0)) return '–';
  const share = limit === 0 ? '' : ` (${Math.round(((limit - value) / Math.abs(limit)) * 100)} %)`;
  return `${formatMeasure(limit - value, unit)}${share}`;
}

/** A value of an operation as it is written in a sentence; long ones are cut. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  return cut(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)), 60);
}

/** At most `length` characters, with an ellipsis where something is missing. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** An operation in a few words: `read k1 → 5`, `write k1 ← 7`, `cas k1: 5 → 7, refused`. */
export function describeOperation({ f, key, value, result, type }: CompletedOperation): string {
  const outcome = type === 'ok' ? '' : type === 'fail' ? ' (failed)' : ' (unknown)';
  if (f === 'read') return `read ${key}${type === 'ok' ? ` → ${formatValue(result)}` : outcome}`;
  if (f === 'write') return `write ${key} ← ${formatValue(value)}${outcome}`;
  if (f === 'cas' && Array.isArray(value)) {
    const refused = type === 'ok' && result === false ? ', refused' : '';
    return `cas ${key}: ${formatValue(value[0])} → ${formatValue(value[1])}${refused}${outcome}`;
  }
  const argument = value === null || value === undefined ? '' : ` ${formatValue(value)}`;
  return `${f} ${key}${argument}${type === 'ok' ? ` → ${formatValue(result)}` : outcome}`;
}

/** The word for the verdict of a check. */
export function verdictWord(verdict: CheckResult['verdict']): string {
  return { valid: 'holds', invalid: 'violated', unknown: 'undecided' }[verdict];
}

/** Whether a violation is what the experiment asked for: it plants a bug, and the lab found it. */
export function violationExpected({ recording, verdict }: ReportInput): boolean {
  return recording.plan.experiment.expect === 'violated' && verdict.outcome === 'PASS';
}

/** What an outcome means, for a reader who sees one for the first time. */
export const outcomeMeaning: Readonly<Record<Outcome, string>> = {
  PASS: 'Every property held, every limit was kept, and every fault was seen to bite.',
  'FAIL (safety)': 'The system did something that no correct system may do.',
  'FAIL (liveness)': 'Nothing wrong was answered, but the system was away for longer than its limit.',
  INCONCLUSIVE: 'The run neither proves nor disproves anything. It is not a pass.',
  'OUTSIDE FAULT MODEL': 'More replicas were malicious than the protocol stands. This says nothing against it.',
  'LAB ERROR': 'The lab itself failed. This says nothing about the system.',
};
