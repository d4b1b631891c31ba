/** What measures and is measured: beside every figure. */
import { cpus, platform, release, totalmem } from 'node:os';
import type { BenchResult } from './contracts.ts';

export function thisMachine(): BenchResult['machine'] {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryBytes: totalmem(),
    os: `${platform()} ${release()}`,
    node: process.versions.node,
  };
}
