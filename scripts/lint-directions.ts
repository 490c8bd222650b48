import type { Step } from './run-steps.ts';

/** The folders' directions and circles of imports; the rules are in .dependency-cruiser.cjs. */
export const DIRECTIONS: Step = {
  name: 'directions and circles',
  command: [
    'depcruise',
    ...['--config', '.dependency-cruiser.cjs'],
    ...[
      'bin',
      'client',
      'desk',
      'groth16',
      'indexer',
      'library',
      'protocol',
      'prover-node',
      'scripts',
      'slicer',
      'test',
      'verifier',
    ],
  ],
};
