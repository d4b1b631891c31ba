import { defineConfig } from 'vitest/config';

const onDocker = '**/*.docker.test.ts';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['node/**/*.test.ts', 'chaos/**/*.test.ts', 'experiments/**/*.test.ts'],
          exclude: ['**/node_modules/**', onDocker],
          sequence: { groupOrder: 0 },
        },
      },
      {
        // One at a time, and after the others: they share an engine, and what they observe is real time.
        extends: true,
        test: { name: 'docker', include: [`chaos/${onDocker}`], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
