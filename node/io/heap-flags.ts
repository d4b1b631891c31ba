/**
 * How Node is started for processes that carry much traffic: the replicas of a local benchmark and its load generator. What
 * is under way lives for milliseconds: with V8's own young generation of at most 16 MiB half of it is taken for long-lived
 * and has to be swept from the old one, a tenth of all CPU time; see docs/benchmark.md. Containers keep V8's own, for twenty
 * of them may share a machine.
 */
export const heapFlags = ['--min-semi-space-size=64', '--max-semi-space-size=64'] as const;
