import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { backends, contentsOf, follow, indexPool, type Following, type TestIndex } from './support/index.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';

let anvil: Anvil;
let market: Market;
const indexes = indexPool();
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
});
afterAll(async () => {
  await indexes.close();
  await anvil.stop();
});

describe.each(backends)('an index on $backend', ({ server, skip }) => {
  describe.skipIf(skip)('(skipped where no PostgreSQL answers)', () => {
    let index: TestIndex;
    let following: Following;
    beforeEach(async () => {
      index = await indexes.open(server);
      following = follow(index, anvil.provider, market.deployment);
    });
    afterEach(async () => {
      await following.stop();
      await index.close();
    });

    test('says of every job, slice and account what the contracts say', async () => {
      const { jobs } = await playEverything(anvil, market);
      await following.caughtUp();
      const contract = market.as('owner').market;
      for (const id of jobs) {
        const view = await contract.jobOf(id);
        const job = await index.prisma.job.findUniqueOrThrow({ where: { id }, include: { slices: true } });
        expect({
          state: ['NONE', 'POSTED', 'CLAIMED', 'TRACED', 'FINALIZED', 'CLOSED'].indexOf(job.state),
          escrow: job.escrow.toFixed(),
          raises: job.raises.toFixed(),
          dueCount: job.dueCount,
          settledCount: job.settledCount,
          traceHash: job.traceHash ?? `0x${'0'.repeat(64)}`,
          deadline: job.deadline ?? 0n,
          cancelled: job.cancelled,
        }).toEqual({
          state: Number(view.state),
          escrow: view.escrow.toString(),
          raises: view.raises.toString(),
          dueCount: Number(view.dueCount),
          settledCount: Number(view.settledCount),
          traceHash: view.traceHash,
          deadline: view.deadline,
          cancelled: view.cancelled,
        });
        for (const slice of job.slices) {
          if (slice.index === 3) continue;
          const { holder, due, raise } = await contract.sliceOf(id, slice.index);
          expect(slice.due).toBe(due);
          // Of a settled slice the index knows who was paid; the contract, whose bid it was.
          if (slice.state !== 'SETTLED') {
            expect(slice.holder ?? `0x${'0'.repeat(40)}`).toBe(holder.toLowerCase());
          }
          if (job.state !== 'CLOSED') expect(slice.raise.toFixed()).toBe(raise.toString());
        }
      }
      const accounts = await index.prisma.account.findMany();
      expect(accounts.length).toBeGreaterThanOrEqual(6);
      for (const account of accounts) {
        const { balance, reserved } = await contract.accountOf(account.id);
        expect([account.id, account.balance.toFixed(), account.reserved.toFixed()]).toEqual([
          account.id,
          balance.toString(),
          reserved.toString(),
        ]);
      }
      const totals = await index.prisma.totals.findUniqueOrThrow({ where: { id: 'market' } });
      const held = totals.balances.add(totals.reserved).add(totals.escrows).add(totals.raises);
      expect(held.toFixed()).toBe(totals.deposited.sub(totals.withdrawn).sub(totals.burnPushed).toFixed());
      expect([totals.feeBps, totals.treasury]).toEqual([100, (await contract.treasury()).toLowerCase()]);
      // The fee that was announced two days before it counts; until then the first one does.
      const { timestamp = 0 } = (await anvil.provider.getBlock('latest')) ?? {};
      expect([await contract.feeBps(), Number(totals.feeFrom) > timestamp]).toEqual([250n, true]);
    });

    test('ends after a reorganisation as an index of the new chain alone does', async () => {
      const jobId = await market.post();
      await market.claim(jobId);
      await market.commitTrace(jobId);
      await market.bid(jobId, 'alice', [0, 1, 2]);
      await following.caughtUp();
      const before = await index.prisma.job.findUniqueOrThrow({ where: { id: jobId } });
      expect(before.state).toBe('TRACED');

      // Takes back the trace and the bids; then another executor's history follows.
      await anvil.reorganise(3);
      const other = await market.post();
      await market.claim(other, 'bob');
      await anvil.mine(3);
      await following.caughtUp();
      expect(await index.prisma.job.findUnique({ where: { id: jobId } })).toMatchObject({ state: 'POSTED' });

      const fresh = await indexes.open(server);
      const anew = follow(fresh, anvil.provider, market.deployment);
      await anew.caughtUp();
      expect(await contentsOf(index)).toEqual(await contentsOf(fresh));
      await anew.stop();
      await fresh.close();
      expect(await index.prisma.sync.findFirst()).toMatchObject({ reorgs: 1 });
    });

    test('starts over when the chain changed deeper than it can undo', async () => {
      await following.stop();
      following = follow(index, anvil.provider, market.deployment, { finality: 2 });
      await market.post();
      await market.post();
      await anvil.mine(5);
      await following.caughtUp();
      await anvil.reorganise(6);
      await market.post();
      await anvil.mine(6);
      await following.caughtUp();

      const fresh = await indexes.open(server);
      const anew = follow(fresh, anvil.provider, market.deployment);
      await anew.caughtUp();
      expect(await contentsOf(index)).toEqual(await contentsOf(fresh));
      await anew.stop();
      await fresh.close();
    });

    test('reads the same whether in small or large ranges', async () => {
      await following.caughtUp();
      const fresh = await indexes.open(server);
      const anew = follow(fresh, anvil.provider, market.deployment, { finality: 1, maxRange: 3 });
      await anew.caughtUp();
      expect(await contentsOf(index)).toEqual(await contentsOf(fresh));
      await anew.stop();
      await fresh.close();
    });
  });
});
