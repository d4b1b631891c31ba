/** For tests that need a real etcd. */
import { describe } from 'vitest';
import { findEtcd } from './etcd-binary.ts';

function whyNot(): string | null {
  try {
    findEtcd();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const reason = whyNot();

/** A block of tests that is skipped, with the reason in its name, where there is no etcd. */
export function describeWithEtcd(name: string, tests: () => void): void {
  if (reason === null) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
