// npm test: every test of the project. `npm test -- FILE…` runs only those of the TypeScript tests.
import { runSteps } from './run-steps.ts';

const only = process.argv.slice(2);

runSteps([
  ...(only.length === 0 ? [{ name: 'contracts', command: ['hardhat', 'test'] } as const] : []),
  { name: 'everything else', command: ['vitest', 'run', ...only] },
]);
