/** What the epochs of a run are called, in the words of its protocol. */
import { loadProtocol, namesOf } from './catalog.ts';
import type { Plan } from './contracts/plan.ts';

/** `term`, `ballot`, ...; `epoch` where the record is of a protocol that is not there any more. */
export async function epochNameOf({ protocol }: Pick<Plan, 'protocol'>): Promise<string> {
  return namesOf('protocol').includes(protocol) ? (await loadProtocol(protocol)).epochName : 'epoch';
}
