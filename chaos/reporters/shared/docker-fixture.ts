/** The sample run as containers would leave it: the same strikes, with what only an engine can tell. For tests. */
import type { LabEvent } from '../../contracts/events.ts';
import type { ReportInput } from '../../contracts/report.ts';
import type { Outcome } from '../../contracts/verdict.ts';
import { runStatistics } from '../../statistics.ts';
import { sampleInput } from './sample-recording.ts';

/** The faults of the sample by the names that they have in the library. */
const libraryNames: Readonly<Record<string, string>> = { kill: 'crash', isolate: 'cut' };

function libraryName(fault: string): string {
  return fault.replace(/^(kill|isolate)/, (name) => libraryNames[name] ?? name);
}

/** A silence is noticed late, together with how long it has lasted. */
function asObserved(event: LabEvent): LabEvent {
  if (event.type === 'strike') return { ...event, fault: libraryName(event.fault) };
  return event.type === 'link-dropped' ? { ...event, lastedMs: (event.atMs - 12_000) * 0.9 } : event;
}

/** A sample a second of each replica; n1 has none while it is killed, and then counts from 0 again. */
function resources(nodes: readonly string[]): LabEvent[] {
  return nodes.flatMap((node, position) => {
    const samples: LabEvent[] = [];
    let [receivedBytes, sentBytes] = [0, 0];
    for (let atMs = -2300 + position * 40; atMs < 31_400; atMs += 1003) {
      if (node === 'n1' && atMs > 4018 && atMs < 8000) {
        [receivedBytes, sentBytes] = [0, 0];
        continue;
      }
      receivedBytes += 41_000 + position * 900;
      sentBytes += 39_000 + ((atMs + 2300) % 7) * 500;
      const cpuPercent = 6 + position + ((atMs + 2300) % 11);
      const memoryBytes = 61_000_000 + position * 1_048_576 + (atMs + 2300) * 90;
      samples.push({ atMs, type: 'resources', node, cpuPercent, memoryBytes, receivedBytes, sentBytes });
    }
    return samples;
  });
}

/** What a reporter is given after a run on docker that ended so; with `text`, that stands wherever text may stand. */
export function dockerInput(outcome: Outcome, text = ''): ReportInput {
  const input = sampleInput(outcome, text);
  const { plan, history, events } = input.recording;
  const strikes = plan.strikes.map((strike) => ({ ...strike, fault: libraryName(strike.fault) }));
  const image = (digits: string) => (text === '' ? `sha256:${digits.repeat(8)}` : text);
  const images = { [`toxiproxy${text}`]: image('9f8e7d6c'), [`replica${text}`]: image('0a1b2c3d') };
  const recording = {
    plan: { ...plan, substrate: 'docker' as const, strikes },
    history,
    events: [
      { atMs: -3200, type: 'booting', engine: `27.3.1${text}`, images } as const,
      ...events.map(asObserved),
      ...resources(plan.nodes),
    ].sort((a, b) => a.atMs - b.atMs),
  };
  return { ...input, recording, verdict: { ...input.verdict, statistics: runStatistics(recording) } };
}
