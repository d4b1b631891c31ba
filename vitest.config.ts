import { defineConfig } from 'vitest/config';

const onDocker = '**/*.docker.test.ts';
/** Nothing in them is a process, a disk or real time, so that they take all cores. */
const pure = [
  'node/{crypto,machine,protocols}/**/*.test.ts',
  'chaos/{checkers,faults,reporters,targets,workloads}/**/*.test.ts',
  'chaos/substrate/sim/**/*.test.ts',
  'chaos/{library,planted-bugs}.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: pure, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['node/**/*.test.ts', 'chaos/**/*.test.ts', 'experiments/**/*.test.ts'],
          exclude: ['**/node_modules/**', onDocker, ...pure],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // One at a time, and after the others: they share an engine, and what they observe is real time.
        extends: true,
        test: { name: 'docker', include: [`chaos/${onDocker}`], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
