/** Records a CPU profile of this process. */
import { Session } from 'node:inspector/promises';
import { findSourceMap, type SourceMapping } from 'node:module';
import type { CpuProfile } from './summarise.ts';

/** Fine enough for the figures of a second, and still without much weight of its own. */
const samplingIntervalUs = 500;

/** Runs `work` under V8's sampling profiler. */
export async function profiled(work: () => Promise<void>): Promise<CpuProfile> {
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: samplingIntervalUs });
    await session.post('Profiler.start');
    await work();
    const { profile } = await session.post('Profiler.stop');
    return profile;
  } finally {
    session.disconnect();
  }
}

/**
 * The profile with lines of the sources, where this process knows them: a file that was transformed as it was loaded (by
 * tsx) is one long line to V8. Not for profiles of other processes.
 */
export function withSourceLines(profile: CpuProfile): CpuProfile {
  const nodes = profile.nodes.map((node) => {
    const { url, lineNumber, columnNumber } = node.callFrame;
    const map = url === '' ? undefined : findSourceMap(url);
    const source: Partial<SourceMapping> = map?.findEntry(lineNumber, columnNumber) ?? {};
    if (source.originalLine === undefined || source.originalColumn === undefined) return node;
    const callFrame = { ...node.callFrame, lineNumber: source.originalLine, columnNumber: source.originalColumn };
    return { ...node, callFrame };
  });
  return { ...profile, nodes };
}
