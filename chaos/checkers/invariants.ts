import type { Checker, Evidence } from '../contracts/verdict.ts';
import { seconds } from '../words.ts';

const checker: Checker = {
  summary: 'no replica found its own state broken',
  kind: 'safety',
  check: async ({ events }) => {
    const evidence: Evidence[] = [];
    for (const event of events) {
      if (event.type !== 'stopped') continue;
      const sentences = [`${event.node} stopped itself at ${seconds(event.atMs)}: ${event.reason}.`];
      evidence.push({ sentences, fromMs: event.atMs, toMs: event.atMs, ops: [] });
    }
    if (evidence.length === 0) return { verdict: 'valid', summary: 'No replica stopped itself.', evidence };
    const summary = `A replica found its own state broken and stopped, ${evidence.length === 1 ? 'once' : `${evidence.length} times`}.`;
    return { verdict: 'invalid', summary, evidence: evidence.slice(0, 5) };
  },
};

export default checker;
