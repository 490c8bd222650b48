// A node whose key is not the account's: it acts as an operator.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../client/client.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { waitForJob } from '../../client/jobs/wait-for-job.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import { startNode } from '../../prover-node/node.ts';
import { sampleOf } from './support/model.ts';
import { listeningLog, OFFER, openWorld, type World } from './support/world.ts';
import { inAsset } from '../support/in-asset.ts';

const DEPOSIT = 10n ** 12n;
/** The key of the account with the money, and the operator's. */
const [OWNER, OPERATOR] = [3, 4];

let world: World;
let owner: Client;
beforeAll(async () => {
  world = await openWorld();
  owner = await world.clientOf(OWNER);
  await depositToLedger(owner.sender, owner.contracts, DEPOSIT);
});
afterAll(async () => {
  owner?.close();
  await world?.close();
});

const start = (overrides: object = {}) =>
  startNode({
    settings: world.settings('operator', {
      depositTarget: '0',
      account: owner.sender.address,
      ...overrides,
    }),
    privateKey: world.chain.keys[OPERATOR],
    log: listeningLog().log,
  });

const nameOperator = async (named: boolean): Promise<void> => {
  const operator = await world.chain.signer(OPERATOR).getAddress();
  await owner.sender.send('operator', () =>
    owner.contracts.market.setOperator.populateTransaction(operator, 2n ** 100n, named ? 2n ** 100n : 0n),
  );
};

describe('a node with another account', () => {
  test('does not start without its leave, nor to fill its ledger', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'NODE_NOT_OPERATOR' });
    await nameOperator(true);
    await expect(start({ depositTarget: inAsset(1_000n) })).rejects.toMatchObject({
      code: 'NODE_DEPOSIT_NOT_OWN',
    });
  });

  test('executes, bids, proves and settles for it: the account is paid, and the operator can’t withdraw', async () => {
    await nameOperator(true);
    const node = await start();
    try {
      expect(node.account).toBe(owner.sender.address);
      const { jobId } = await postJob(world.client, {
        published: world.model,
        inputs: [sampleOf(21).input],
        offer: OFFER,
        admission: { accounts: [owner.sender.address] },
      });
      await waitForJob(world.client, jobId);
      const { market } = world.client.contracts;
      const operator = await world.chain.signer(OPERATOR).getAddress();
      const [job, settled] = await Promise.all([
        market.jobOf(jobId),
        market.queryFilter(market.filters.SlicesSettled(jobId)),
      ]);
      expect(job.executor).toBe(owner.sender.address);
      expect(settled.map(({ args }) => [args.prover, args.settler])).toEqual(
        settled.map(() => [owner.sender.address, operator]),
      );
      const earned = settled.reduce((sum, { args }) => sum + args.price - args.fee, job.executionPrice);
      expect(await market.accountOf(owner.sender.address)).toEqual([DEPOSIT + earned, 0n]);
      const tips = settled.reduce((sum, { args }) => sum + args.tip, 0n);
      expect(await market.accountOf(operator)).toEqual([tips, 0n]);
      await expect(
        market.withdraw.staticCall(tips + 1n, operator, false, { from: operator }),
      ).rejects.toMatchObject({ revert: { name: 'InsufficientBalance' } });
    } finally {
      await node.stop();
    }
  });
});
