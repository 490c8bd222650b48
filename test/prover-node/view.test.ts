import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ISliceMarket } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { ChainView } from '../../prover-node/chain/view.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

let world: World;
let posted: string[];
beforeAll(async () => {
  world = await openWorld();
  posted = [];
  for (const seed of [1, 2, 3]) posted.push(await world.post(seed));
});
afterAll(() => world?.close());

/** A view that has heard all events, and how many jobs each of its calls asked for. */
async function openView(most = Number.POSITIVE_INFINITY) {
  const { contracts, provider, sender } = world.client;
  const asked: number[] = [];
  const { log, lines } = listeningLog();
  const jobs = (market: ISliceMarket, ids: string[], options: { blockTag: number }) => {
    asked.push(ids.length);
    // An RPC that stops calls which do so much.
    if (ids.length > most) return Promise.reject(new Error('out of gas'));
    return contracts.lens.jobs(market, ids, options);
  };
  const view = new ChainView({
    provider,
    contracts: { ...contracts, lens: { jobs } as unknown as Contracts['lens'] },
    account: sender.address,
    log,
    lookedAt: () => false,
  });
  const { addresses, block } = contracts.deployment;
  view.hear(await provider.getLogs({ address: addresses.market, fromBlock: block }));
  const read = async () => {
    asked.length = 0;
    return (await view.read(await provider.getBlockNumber())).jobs;
  };
  return { read, asked, lines };
}

describe('a node’s view of the market', () => {
  test('asks for all jobs in one call, once it knows how large they are', async () => {
    const { read, asked } = await openView();
    expect((await read()).map(({ id }) => id)).toEqual(posted);
    expect(asked).toEqual([1, 1, 1]);
    const again = await read();
    expect(asked).toEqual([3]);
    const { market } = world.client.contracts;
    for (const [i, job] of again.entries()) {
      const { requester, escrow } = await market.jobOf(posted[i]);
      expect([job.id, job.state, job.escrow, job.due, job.slices]).toEqual([
        posted[i],
        'posted',
        escrow,
        [0, 1],
        [],
      ]);
      expect(requester).toBe(world.client.sender.address);
    }
  });

  test('asks in halves where the chain’s service stops so large a call', async () => {
    const { read, asked, lines } = await openView(1);
    await read();
    expect((await read()).map(({ id }) => id)).toEqual(posted);
    expect(asked).toEqual([3, 1, 2, 1, 1]);
    expect(lines).toEqual([]);
  });

  test('leaves out what can’t be read, and says so', async () => {
    const { read, lines } = await openView(0);
    expect(await read()).toEqual([]);
    expect(lines.map(({ jobId, message }) => [jobId, message])).toEqual(
      posted.map((id) => [id, 'job could not be read']),
    );
  });
});
