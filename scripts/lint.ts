// npm run lint: types, style, the folders' directions, unused code.
import { DIRECTIONS } from './lint-directions.ts';
import { runSteps } from './run-steps.ts';

runSteps([
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'types of the explorer', command: ['tsc', '--noEmit', '-p', 'indexer/explorer'] },
  { name: 'TypeScript', command: ['eslint', '.'] },
  { name: 'Solidity', command: ['solhint', '--max-warnings', '0', 'contracts/**/*.sol'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  DIRECTIONS,
  { name: 'unused code', command: ['knip'] },
]);
