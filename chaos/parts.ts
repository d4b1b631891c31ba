/** The parts of the lab that a plan names, loaded once. */
import { loadFault, loadProtocol, loadTarget, loadWorkload } from './catalog.ts';
import type { Fault, Target } from './contracts/faults.ts';
import type { Plan } from './contracts/plan.ts';
import type { Workload } from './contracts/workloads.ts';

export interface Parts {
  readonly workload: Workload<unknown>;
  /** How many faulty replicas the group tolerates at the size in which it begins. */
  readonly tolerated: number;
  fault(name: string): Fault<unknown>;
  /** Undefined where the target is a replica's own name. */
  target(name: string): Target | undefined;
}

export async function loadParts(plan: Plan): Promise<Parts> {
  const faults = new Map<string, Fault<unknown>>();
  const targets = new Map<string, Target>();
  for (const { fault, target } of plan.strikes) {
    if (!faults.has(fault)) faults.set(fault, await loadFault(fault));
    if (!targets.has(target) && !plan.nodes.includes(target)) targets.set(target, await loadTarget(target));
  }
  const { tolerated } = await loadProtocol(plan.protocol);
  return {
    workload: await loadWorkload(plan.experiment.load.workload),
    tolerated: tolerated((plan.members ?? plan.nodes).length),
    fault: (name) => {
      const fault = faults.get(name);
      if (fault === undefined) throw new RangeError(`the plan names no fault "${name}"`);
      return fault;
    },
    target: (name) => targets.get(name),
  };
}
