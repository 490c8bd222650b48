import path from 'node:path';
import { expect, it } from 'vitest';
import { unitTestsOf } from '../../../scripts/check/unit-tests.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

it('a quick check runs what mirrors a change, and nothing that starts chains or services, by whatever it imports', () => {
  expect(unitTestsOf(root, ['slicer/plan/plan.ts'])).toEqual([
    'test/slicer/plan/bands.test.ts',
    'test/slicer/plan/plan.test.ts',
    'test/slicer/plan/remembered.test.ts',
    'test/slicer/plan/tangled.test.ts',
    'test/slicer/plan/tile.test.ts',
  ]);
  const ofNode = unitTestsOf(root, ['prover-node/pricing/cost.ts']);
  expect(ofNode).toContain('test/prover-node/decide.test.ts');
  // The one starts services itself, the other by what of test/ it imports.
  expect(ofNode).not.toContain('test/prover-node/node.test.ts');
  expect(ofNode).not.toContain('test/prover-node/hostile-jobs.test.ts');
  expect(unitTestsOf(root, ['contracts/SliceMarket.sol', 'test/prover-node/node.test.ts'])).toEqual([]);
});
