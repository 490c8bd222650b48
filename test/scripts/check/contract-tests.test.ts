import path from 'node:path';
import { expect, it } from 'vitest';
import { contractTestsOf } from '../../../scripts/check/contract-tests.ts';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const compiled = 'contracts/compiled/abc.json.br';

it('a quick check runs the tests of the contracts that changed, and all where they have none of their own', () => {
  const tests = (...changed: string[]): string[] | undefined => contractTestsOf(root, [compiled, ...changed]);
  expect(tests('contracts/CircuitRegistry.sol')).toEqual(['test/contracts/CircuitRegistry.test.ts']);
  const market = tests('contracts/market/Bids.sol', 'test/contracts/gas.test.ts');
  expect(market).toContain('test/contracts/market/bid.test.ts');
  expect(market).toContain('test/contracts/gas.test.ts');
  expect(market).not.toContain('test/contracts/layout.test.ts');
  expect(tests('contracts/SliceMarket.sol')).toEqual([]);
  expect(tests('contracts/market/Bids.sol', 'contracts/libraries/Masks.sol')).toEqual([]);
  expect(tests('slicer/command.ts', 'test/package/consumer/Consumer.sol')).toBeUndefined();
});

it('contracts are not tested before they are generated: tests deploy what was', () => {
  expect(() => contractTestsOf(root, ['contracts/SliceMarket.sol'])).toThrow(
    expect.objectContaining({ code: 'CHECK_NOT_GENERATED' }) as Error,
  );
});
