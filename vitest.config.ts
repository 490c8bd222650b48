import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CpuReporter } from './test/support/cpu-reporter.ts';
import { HANG_MS } from './test/support/hang.ts';

export default defineConfig({
  resolve: {
    // Vite would take graphql's other build, Node takes this one for the libraries, and graphql refuses two of itself.
    alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql/index.js')) }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // ONNX Runtime's telemetry opens files in the home, which every process that is started later would have open too.
    // Tables are looked at whole; what narrow lines do to them is test/protocol/terminal/output.test.ts.
    env: { ORT_DISABLE_TELEMETRY: '1', COLUMNS: '250' },
    setupFiles: ['test/support/cpu.setup.ts', 'test/support/clock.setup.ts'],
    reporters: ['default', new CpuReporter()],
    globalSetup: ['test/support/global-setup.ts'],
    // Contract tests run in Hardhat's own runner.
    exclude: ['test/contracts/**', 'node_modules/**'],
    // Every file starts real processes or proofs of its own, and many wait for blocks: on two cores four at once keep both busy,
    // three don't.
    maxWorkers: 4,
    // The files of a worker share its modules: to load, parse and derive the same again for each took a third of the whole.
    isolate: false,
    // A worker makes and drops many databases in WebAssembly; V8 13.6 was seen to abort while it frees their code.
    execArgv: ['--no-wasm-code-gc'],
    restoreMocks: true,
    unstubEnvs: true,
    // What waits ends by itself before, and says for what.
    testTimeout: 2 * HANG_MS,
    hookTimeout: 2 * HANG_MS,
  },
});
