// npm test: every test of the project. `npm test -- FILE…` runs only those of the TypeScript tests.
import { runSteps } from './run-steps.ts';

const only = process.argv.slice(2);

runSteps([
  ...(only.length === 0
    ? ([
        { name: 'contracts', command: ['hardhat', 'test'] },
        { name: 'generated code', command: ['node', 'scripts/generate.ts', '--check'] },
      ] as const)
    : []),
  { name: 'everything else', command: ['vitest', 'run', ...only] },
]);
