/** What replicas say that they are, by whatever names their protocols have for it. */

const leadingRoles: ReadonlySet<string> = new Set(['leader', 'primary']);
/** As `changing`: a replica of PBFT that has left a view, and waits for the next. */
const electingRoles: ReadonlySet<string> = new Set(['candidate', 'changing']);

/** Whether a role is the one that takes the lead. */
export function isLeading(role: string): boolean {
  return leadingRoles.has(role);
}

/** Whether a replica of this role wants another leader. */
export function isElecting(role: string): boolean {
  return electingRoles.has(role);
}
