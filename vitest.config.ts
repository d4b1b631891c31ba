import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['node/**/*.test.ts', 'chaos/**/*.test.ts', 'experiments/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
