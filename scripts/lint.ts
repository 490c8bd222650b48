// npm run lint: types, style, the folders' directions, unused code.
import { runSteps } from './run-steps.ts';

runSteps([
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'TypeScript', command: ['eslint', '.'] },
  { name: 'Solidity', command: ['solhint', '--max-warnings', '0', 'contracts/**/*.sol'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  {
    name: 'directions and circles',
    command: [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      'bin',
      'client',
      'groth16',
      'indexer',
      'protocol',
      'prover-node',
      'scripts',
      'slicer',
      'test',
      'verifier',
    ],
  },
  { name: 'unused code', command: ['knip'] },
]);
