import { expect } from 'chai';
import type { World } from './world.ts';

/** All that some accounts have in the market, free and reserved. */
export async function wealthOf(w: World, accounts: readonly { readonly address: string }[]): Promise<bigint> {
  const parts = await Promise.all(accounts.map((account) => w.market.accountOf(account.address)));
  return parts.reduce((sum, [balance, reserved]) => sum + balance + reserved, 0n);
}

/** Nobody's ledger entry changes by what is done. */
export async function unchanged(w: World, work: () => Promise<unknown>): Promise<void> {
  const entries = () => Promise.all(w.everyone.map(({ address }) => w.market.accountOf(address)));
  const before = await entries();
  await work();
  expect(await entries()).to.deep.equal(before);
}
