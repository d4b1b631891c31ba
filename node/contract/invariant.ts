/** A replica found its own state broken. It must stop, and not serve another request. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Stops the replica when `condition` does not hold. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(message);
}
