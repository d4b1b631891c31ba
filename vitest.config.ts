import { defineConfig } from 'vitest/config';

const onDocker = '**/*.docker.test.ts';
/** What is computed, or waits for processes and disks however long they take: all cores may be busy meanwhile. */
const untimed = [
  'node/{crypto,machine,malice,protocols}/**/*.test.ts',
  'node/io/engines/{crash,engines,power-cut}.test.ts',
  'node/io/fuzz/fuzz.test.ts',
  'chaos/{checkers,faults,reporters,targets,workloads}/**/*.test.ts',
  'chaos/substrate/sim/**/*.test.ts',
  'chaos/substrate/docker/no-engine.test.ts',
  'chaos/{determinism,library,planted-bugs}.test.ts',
  'chaos/cli/{bad-input,replay,run,soak}.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'untimed', include: untimed, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['node/**/*.test.ts', 'chaos/**/*.test.ts', 'experiments/**/*.test.ts'],
          exclude: ['**/node_modules/**', onDocker, ...untimed],
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
