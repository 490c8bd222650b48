import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Contract tests run in Hardhat's own runner.
    exclude: ['test/contracts/**', 'node_modules/**'],
    // Every file starts real processes or proofs of its own: more files at once than cores only slows them.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
