/** The entry of a replica's process. What it is told: `io/settings.ts`; what it says: `io/log.ts`. */
import { runReplica } from './io/run-replica.ts';

await runReplica();
