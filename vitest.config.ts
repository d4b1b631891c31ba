import { defineConfig } from 'vitest/config';

const onDocker = '**/*.docker.test.ts';
/** What is computed, or waits for processes and disks however long they take: all cores may be busy meanwhile. */
const untimed = [
  'node/{crypto,machine,malice,protocols}/**/*.test.ts',
  'node/io/engines/{crash,engines,model,power-cut,removal}.test.ts',
  'node/io/{snapshots,wal}/**/*.test.ts',
  'node/io/fuzz/fuzz.test.ts',
  'chaos/bench/sim/**/*.test.ts',
  'chaos/{checkers,faults,reporters,targets,workloads}/**/*.test.ts',
  'chaos/substrate/sim/**/*.test.ts',
  'chaos/{determinism,library,omission,planted-bugs}.test.ts',
];
/** What runs the command in processes of its own: the compiled one, which starts in less than half of the time. */
const commands = [
  'chaos/cli/{bad-input,compare,planted-bugs,replay,run,soak}.test.ts',
  'chaos/substrate/docker/no-engine.test.ts',
];

export default defineConfig({
  test: {
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: { name: 'untimed', include: untimed, maxWorkers: '100%', sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: {
          name: 'commands',
          include: commands,
          globalSetup: 'chaos/cli/build-fixture.ts',
          env: { SPLITBRAIN_TEST_COMPILED: '1' },
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['node/**/*.test.ts', 'chaos/**/*.test.ts', 'experiments/**/*.test.ts'],
          exclude: ['**/node_modules/**', onDocker, ...untimed, ...commands],
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
