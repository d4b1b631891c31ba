/** What the errors of a store tell: they come wrapped, the cause inside. */

/** The errors from this one to the first cause. */
function* chain(error: Error): Generator<Error & { readonly code?: unknown }> {
  for (let next: unknown = error; next instanceof Error; next = next.cause) yield next;
}

/** The first cause. */
export function rootOf(error: Error): Error {
  return [...chain(error)].at(-1) ?? error;
}

/** Whether what is stored is not as it was written, by the codes of the store's errors. */
export function tellsOfDamage(error: Error, codes: readonly (string | number)[]): boolean {
  return [...chain(error)].some(({ code }) => (codes as readonly unknown[]).includes(code));
}
