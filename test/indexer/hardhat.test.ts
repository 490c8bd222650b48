import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestChain } from '../support/anvil.ts';
import { startHardhat } from './support/hardhat.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';

let chain: TestChain;
let market: Market;
let service: TestService;
beforeAll(async () => {
  chain = await startHardhat();
  market = await openMarket(chain);
  service = await startService(chain, market.deployment, undefined, { finality: 5, maxRange: 4 });
});
afterAll(async () => {
  await service.close();
  await chain.stop();
});

test("follows Hardhat's own node as well", async () => {
  await playEverything(chain, market);
  await service.caughtUp();
  const { totals, accounts } = await service.query<{
    totals: { jobs: number; settledSlices: number; skippedSlices: number; invariants: { holds: boolean }[] };
    accounts: { nodes: { id: string; balance: string; reserved: string }[] };
  }>(
    `{ totals { jobs settledSlices skippedSlices invariants { holds } }
       accounts(first: 100) { nodes { id balance reserved } } }`,
  );
  expect(totals).toEqual({
    jobs: 8,
    settledSlices: 7,
    skippedSlices: 2,
    invariants: [{ holds: true }, { holds: true }, { holds: true }],
  });
  for (const { id, balance, reserved } of accounts.nodes) {
    const account = await market.as('owner').market.accountOf(id);
    expect([balance, reserved]).toEqual([account.balance.toString(), account.reserved.toString()]);
  }
});
