import { zeroPadValue, toBeHex, type Log as ChainLog } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHead, type Head } from '../../protocol/chain/head.ts';
import type { ISliceMarket } from '../../protocol/contracts/generated/interfaces/ISliceMarket.ts';
import { depositToLedger } from '../../protocol/contracts/deposits.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { ChainView } from '../../prover-node/chain/view.ts';
import { listeningLog, openWorld, type World } from './support/world.ts';

/** Seconds after which the price of executing stands still, and after which nobody can bring a trace any more. */
const RAMP = 4;
const COMMIT = 1000;

let world: World;
let posted: string[];
let history: readonly ChainLog[];
beforeAll(async () => {
  world = await openWorld();
  posted = [];
  for (const seed of [1, 2, 3]) {
    posted.push(await world.post(seed, { rampSeconds: RAMP, commitSeconds: COMMIT }));
  }
  await world.chain.advance(2 * RAMP);
  const { deployment } = world.client.contracts;
  history = await world.client.provider.getLogs({
    address: deployment.addresses.market,
    fromBlock: deployment.block,
  });
});
afterAll(() => world?.close());

/** A view, and how many jobs each of its calls asked for. */
function openView({
  most = Number.POSITIVE_INFINITY,
  account = world.chain.wallet(2).address,
  operator = undefined as string | undefined,
} = {}) {
  const { contracts, provider } = world.client;
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
    account,
    operator,
    log,
    lookedAt: () => false,
  });
  view.hear(history);
  const read = async (later: Partial<Head> = {}) => {
    asked.length = 0;
    return (await view.read({ ...(await readHead(provider)), ...later })).jobs.map(({ id }) => id);
  };
  return { view, read, asked, lines };
}

/** The event of a job's posting as that of another, which was to be executed until a second. */
function alike(event: ChainLog, n: number, commitBy: number): ChainLog {
  const { interface: abi } = world.client.contracts.market;
  const fragment = abi.getEvent('JobPosted');
  const args = [...(abi.parseLog(event)?.args ?? [])] as unknown[];
  args[0] = zeroPadValue(toBeHex(n + 1), 32);
  args[7] = commitBy;
  return { ...event, ...abi.encodeEventLog(fragment, args) } as unknown as ChainLog;
}

describe('a node’s view of the market', () => {
  test('asks for all jobs in one call, and for none again that nothing has changed', async () => {
    const { view, read, asked } = openView();
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([3]);
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([]);
    // An event says that one of them may be another now.
    view.hear(history.filter(({ topics }) => topics[1] === posted[1]));
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([1]);
  });

  test('has what the contract says', async () => {
    const { view } = openView();
    const { jobs } = await view.read(await readHead(world.client.provider));
    const { market } = world.client.contracts;
    for (const [i, job] of jobs.entries()) {
      const { requester, escrow } = await market.jobOf(posted[i]);
      expect([job.id, job.state, job.escrow, job.due, job.slices]).toEqual([
        posted[i],
        'posted',
        escrow,
        [0, 1],
        [],
      ]);
      expect(job.requester).toBe(requester);
    }
  });

  test('has of a ledger what its key may still stake of it', async () => {
    const { client, chain } = world;
    const { contracts, provider, sender } = client;
    const { market } = contracts;
    const operator = await chain.signer(7).getAddress();
    const account = sender.address;
    await depositToLedger(sender, contracts, 1_000n);
    const { balance, reserved } = await market.accountOf(account);
    expect(balance).toBeGreaterThan(100n);
    const freeFor = async (maxReserved: bigint, maxDaily: bigint): Promise<bigint> => {
      await sender.send('operator', () =>
        market.setOperator.populateTransaction(operator, maxReserved, maxDaily),
      );
      const { view } = openView({ account, operator });
      return (await view.read(await readHead(provider))).balance;
    };
    expect(await freeFor(reserved + 2n * balance, 2n * balance)).toBe(balance);
    expect(await freeFor(reserved + 7n, balance)).toBe(7n);
    expect(await freeFor(reserved + balance, 9n)).toBe(9n);
    expect(await freeFor(0n, balance)).toBe(0n);
    await sender.send('operator', () => market.setOperator.populateTransaction(operator, 0, 0));
    const { view } = openView({ account });
    expect((await view.read(await readHead(provider))).balance).toBe(balance);
  });

  test('reads a job whose price rises at each block, until it stands still', async () => {
    const rising = await world.post(4, { rampSeconds: 1000, commitSeconds: COMMIT });
    const { view, read, asked } = openView();
    view.hear(await world.client.provider.getLogs({ topics: [null, rising], fromBlock: 0 }));
    await read();
    const { timestamp } = await readHead(world.client.provider);
    expect(await read({ timestamp: timestamp + 1 })).toHaveLength(4);
    expect(asked).toEqual([1]);
    // What no event touched for long is read again: one may have been left out.
    await world.client.provider.send('anvil_mine', ['0x40']);
    await read();
    expect(asked).toEqual([4]);
  });

  test('reads again what the blocks touched that may be gone, and nothing else', async () => {
    const { view, read, asked } = openView();
    await read();
    const { provider } = world.client;
    view.jumped(await readHead(provider));
    await read();
    expect(asked).toEqual([3]);
    view.jumped({ ...(await readHead(provider)), number: 10_000 });
    await read();
    expect(asked).toEqual([]);
  });

  test('lets go of jobs that nobody executed by their own time, without a call', async () => {
    const { read, asked } = openView();
    const { timestamp } = await readHead(world.client.provider);
    await read();
    expect(await read({ timestamp: timestamp + RAMP + 2 * COMMIT })).toEqual([]);
    expect(asked).toEqual([]);
  });

  test('never asks for jobs that were dead when it first heard of them, however many', async () => {
    const { view, read, asked } = openView();
    const [event] = history.filter(({ topics }) => topics[1] === posted[0]);
    const { timestamp } = await readHead(world.client.provider);
    view.hear(Array.from({ length: 114 }, (_, n) => alike(event, n, timestamp - 1)));
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([3]);
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([]);
  });

  test('keeps a dead job for its requester, whose escrow is in it', async () => {
    const { read } = openView({ account: world.client.sender.address });
    const { timestamp } = await readHead(world.client.provider);
    expect(await read({ timestamp: timestamp + RAMP + 2 * COMMIT })).toEqual(posted);
  });

  test('asks in halves where the chain’s service stops so large a call', async () => {
    const { read, asked, lines } = openView({ most: 1 });
    expect(await read()).toEqual(posted);
    expect(asked).toEqual([3, 1, 2, 1, 1]);
    expect(lines).toEqual([]);
  });

  test('leaves out what can’t be read, and says so', async () => {
    const { read, lines } = openView({ most: 0 });
    expect(await read()).toEqual([]);
    expect(lines.map(({ jobId, message }) => [jobId, message])).toEqual(
      posted.map((id) => [id, 'job could not be read']),
    );
  });
});
