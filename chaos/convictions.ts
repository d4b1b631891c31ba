/** Who is convicted in a run, by the rules of its protocol. */
import { loadProtocol, namesOf } from './catalog.ts';
import type { Recording } from './contracts/events.ts';
import { type Conviction, EvidenceJudge, findingsOf, keysOf } from './evidence.ts';

/** None where nothing was signed, or the record is of a protocol that is not there any more. */
export async function convictionsOf(recording: Pick<Recording, 'plan' | 'events'>): Promise<readonly Conviction[]> {
  const { protocol } = recording.plan;
  const keys = keysOf(recording);
  if (keys === undefined || !namesOf('protocol').includes(protocol)) return [];
  const { accountability } = await loadProtocol(protocol);
  return accountability === undefined ? [] : findingsOf(recording, new EvidenceJudge(keys, accountability)).convictions;
}
