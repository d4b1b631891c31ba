/** Where the time of a CPU profile went. Pure: a profile as V8 writes it in (`.cpuprofile`), figures out. */
import type { Profiler } from 'node:inspector';

export type CpuProfile = Profiler.Profile;
type ProfileNode = Profiler.ProfileNode;

/**
 * Names the part of the house that a function belongs to, by the URL of its script and its name. Null for what has no
 * place of its own, as native functions have none: its time counts as its caller's.
 */
export type AreaOf = (url: string, functionName: string) => string | null;

/** Time in functions themselves, without what they called. Shares are of the busy time, from 0 to 1. */
export interface AreaTime {
  readonly area: string;
  readonly selfMs: number;
  readonly share: number;
}

export interface FunctionTime {
  readonly name: string;
  /** The URL of its script; empty for native functions. */
  readonly file: string;
  /** From 1; null for native functions. */
  readonly line: number | null;
  readonly selfMs: number;
  readonly share: number;
}

export interface ProfileSummary {
  readonly totalMs: number;
  /** Waiting for something to do. */
  readonly idleMs: number;
  /** In native code that no function called. */
  readonly programMs: number;
  /** All the rest, garbage collection included. */
  readonly busyMs: number;
  /** Most time first. */
  readonly areas: readonly AreaTime[];
  readonly functions: readonly FunctionTime[];
}

/** @param skipMs - leaves out so much of the beginning, in which a process does little but load its modules */
export function summarise(profile: CpuProfile, areaOf: AreaOf, skipMs = 0): ProfileSummary {
  const selfMs = selfTimes(profile, profile.startTime + 1000 * skipMs);
  const areaAt = areasOfNodes(profile, areaOf);
  const [areas, functions] = [new Map<string, number>(), new Map<string, { node: ProfileNode; ms: number }>()];
  let [idleMs, programMs, busyMs] = [0, 0, 0];
  for (const node of profile.nodes) {
    const ms = selfMs.get(node.id) ?? 0;
    const { functionName, url, lineNumber, columnNumber } = node.callFrame;
    if (functionName === '(idle)') idleMs += ms;
    else if (functionName === '(program)' || functionName === '(root)') programMs += ms;
    else if (ms > 0) {
      busyMs += ms;
      const area = areaAt(node);
      areas.set(area, (areas.get(area) ?? 0) + ms);
      const key = `${url}:${lineNumber}:${columnNumber}:${functionName}`;
      functions.set(key, { node, ms: (functions.get(key)?.ms ?? 0) + ms });
    }
  }
  const timed = (ms: number) => ({ selfMs: ms, share: ms / busyMs });
  return {
    totalMs: idleMs + programMs + busyMs,
    idleMs,
    programMs,
    busyMs,
    areas: longestFirst([...areas].map(([area, ms]) => ({ area, ...timed(ms) }))),
    functions: longestFirst([...functions.values()].map(({ node, ms }) => ({ ...placeOf(node), ...timed(ms) }))),
  };
}

function placeOf({ callFrame }: ProfileNode): Pick<FunctionTime, 'name' | 'file' | 'line'> {
  const { functionName, url, lineNumber } = callFrame;
  return { name: functionName || '(anonymous)', file: url, line: lineNumber < 0 ? null : lineNumber + 1 };
}

function longestFirst<T extends { readonly selfMs: number }>(times: T[]): T[] {
  return times.sort((a, b) => b.selfMs - a.selfMs);
}

/** By the id of a node. A sample stands for the time until the next one. */
function selfTimes(
  { samples = [], timeDeltas = [], startTime, endTime }: CpuProfile,
  fromUs: number,
): Map<number, number> {
  let atUs = startTime;
  const taken = samples.map((id, at) => {
    atUs += timeDeltas[at] ?? 0;
    return { id, atUs };
  });
  // V8 does not promise samples in the order of time.
  const inOrder = taken.filter((sample) => sample.atUs >= fromUs).sort((a, b) => a.atUs - b.atUs);
  const selfMs = new Map<number, number>();
  for (const [at, sample] of inOrder.entries()) {
    const untilUs = inOrder[at + 1]?.atUs ?? Math.max(endTime, sample.atUs);
    selfMs.set(sample.id, (selfMs.get(sample.id) ?? 0) + (untilUs - sample.atUs) / 1000);
  }
  return selfMs;
}

function areasOfNodes({ nodes }: CpuProfile, areaOf: AreaOf): (node: ProfileNode) => string {
  const callers = new Map<number, ProfileNode>();
  for (const node of nodes) for (const child of node.children ?? []) callers.set(child, node);
  return (node) => {
    for (let at: ProfileNode | undefined = node; at !== undefined; at = callers.get(at.id)) {
      const area = areaOf(at.callFrame.url, at.callFrame.functionName);
      if (area !== null) return area;
    }
    return '(native)';
  };
}
