import type { z } from 'zod';
import { UsageError } from './errors.ts';
import { explainIssues } from './experiment.ts';

/** A parser of the `params` of a fault or workload, which says in a sentence what is wrong with them. */
export function paramsOf<S extends z.ZodType>(what: string, schema: S): (params: unknown) => z.infer<S> {
  return (params) => {
    const parsed = schema.safeParse(params ?? {});
    if (parsed.success) return parsed.data;
    throw new UsageError(
      `the params of ${what} are wrong: ${explainIssues(parsed.error)}`,
      'Mend the experiment file.',
    );
  };
}
