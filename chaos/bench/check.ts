/** Fast and wrong does not count: the recorded history of a sample of keys is judged as that of an experiment is. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { loadWorkload } from '../catalog.ts';
import { judge } from '../checkers/linearizability/judge.ts';
import { orderOperations } from '../checkers/linearizability/ordered-operation.ts';
import { parseHistory } from '../history.ts';
import { defaultLimits } from '../judge.ts';
import type { CheckedHistory } from './contracts.ts';

/** @param file - as the generator wrote it; it is judged from the disk, so that anybody can judge it again */
export async function checkHistory(system: string, file: string): Promise<CheckedHistory> {
  const operations = orderOperations(parseHistory(readFileSync(file, 'utf8'), file));
  const { model } = await loadWorkload('register');
  const { verdict, summary } = judge(model, operations, defaultLimits);
  const keys = new Set(operations.map(({ key }) => key)).size;
  return { system, verdict, summary, operations: operations.length, keys, file: basename(file) };
}
