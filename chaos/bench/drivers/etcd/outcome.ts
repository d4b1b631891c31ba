/** What a failed call means for its operations. */
import type { Outcome } from '../../contracts.ts';
import { statusNumber } from '../../http2/grpc-status.ts';
import type { CallFailure } from '../../http2/unary-call.ts';

/** etcd says these before it proposes a request, or when it refuses to apply it. */
const refusals = [
  statusNumber('INVALID_ARGUMENT'),
  statusNumber('PERMISSION_DENIED'),
  // Too many requests are under way, or the quota is used up.
  statusNumber('RESOURCE_EXHAUSTED'),
  statusNumber('UNIMPLEMENTED'),
  statusNumber('UNAUTHENTICATED'),
];

/** `failed` only where it was certainly not carried out. */
export function outcomeOf({ unprocessed, status }: CallFailure): Outcome {
  return unprocessed || (status !== null && refusals.includes(status)) ? 'failed' : 'unknown';
}
