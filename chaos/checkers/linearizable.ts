/** Linearizable: every operation seems to take effect at once, at one moment between its invocation and its end. */
import { loadWorkload } from '../catalog.ts';
import type { Checker } from '../contracts/verdict.ts';
import { judge } from './linearizability/judge.ts';
import { orderOperations } from './linearizability/ordered-operation.ts';

const linearizable: Checker = {
  summary: 'each key behaves like a single copy: no stale read, no lost write, no value from nowhere',
  kind: 'safety',
  async check(recording, limits) {
    const { model } = await loadWorkload(recording.plan.experiment.load.workload);
    return judge(model, orderOperations(recording.history), limits);
  },
};

export default linearizable;
