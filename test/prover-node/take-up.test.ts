import { expect, test } from 'vitest';
import type { NodeAccount } from '../../prover-node/account.ts';
import type { JobView, Snapshot } from '../../prover-node/chain/state.ts';
import type { ProofShelf } from '../../prover-node/prove/proofs.ts';
import { TakeUp } from '../../prover-node/take-up.ts';

const ME = '0xMe';
const NOW = 1000;

/** @param proved whether the proof of what is held is on disk */
function opened({ proved = false } = {}): { takeUp: TakeUp; look: (...jobs: Partial<JobView>[]) => boolean } {
  const account = { address: ME } as NodeAccount;
  const shelf = { find: () => (proved ? {} : undefined) } as unknown as ProofShelf;
  const takeUp = new TakeUp(account, shelf);
  return {
    takeUp,
    look: (...jobs) => {
      takeUp.consider({ now: NOW, jobs } as unknown as Snapshot);
      return takeUp.pending;
    },
  };
}

const claimed: Partial<JobView> = { state: 'claimed', executor: ME, claimEnd: NOW };
const held = {
  state: 'traced',
  slices: [{ index: 0, state: 'held', holder: ME }],
} as unknown as Partial<JobView>;
const others: Partial<JobView> = { state: 'claimed', executor: '0xOther', claimEnd: NOW };

test('before the first look nothing is known, so everything else waits', () => {
  expect(opened().takeUp.pending).toBe(true);
});

test('what others do keeps nothing waiting, nor what is over or proved', () => {
  expect(opened().look(others)).toBe(false);
  expect(opened().look({ ...claimed, claimEnd: NOW - 1 })).toBe(false);
  expect(opened({ proved: true }).look(held)).toBe(false);
});

test.each([
  ['claim', claimed],
  ['hold', held],
])('a %s from before keeps everything else waiting until it is done, and later ones nothing', (_, bound) => {
  const { look } = opened();
  expect(look(others, bound)).toBe(true);
  expect(look(others)).toBe(false);
  expect(look(others, bound)).toBe(false);
});
