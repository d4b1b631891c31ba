/** What a malicious learner can tell of what was chosen: in every protocol that chooses a value a slot. */
import type { LearnerMessage } from './learner-messages.ts';
import type { Value } from './value.ts';

/** No batch of commands. */
const garbage: Value = { payload: Uint8Array.of(0) };

/** Other values than were chosen, or another state than they led to; undefined where the message tells of neither. */
export function withOtherState<M extends { readonly type: string }>(
  msg: M | LearnerMessage,
): LearnerMessage | undefined {
  if (isOf('learned', msg)) return { ...msg, values: msg.values.map(() => garbage) };
  return isOf('piece', msg) ? { ...msg, bytes: msg.bytes.map((byte) => byte ^ 1) } : undefined;
}

function isOf<T extends LearnerMessage['type']>(
  type: T,
  msg: { readonly type: string },
): msg is Extract<LearnerMessage, { readonly type: T }> {
  return msg.type === type;
}
