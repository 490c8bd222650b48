import { expect, test } from 'vitest';
import type { Client } from '../../../client/client.ts';
import { ISliceMarket__factory } from '../../../protocol/contracts/generated/factories/interfaces/ISliceMarket__factory.ts';
import { readMined, tally, together, type Sent } from '../../../scripts/bench/mined.ts';

const market = ISliceMarket__factory.createInterface();
const JOB = `0x${'12'.repeat(32)}`;
const SENDER = `0x${'34'.repeat(20)}`;

/** A transaction as a chain keeps it. */
const transaction = (hash: string, input: string, status: string, logs: readonly unknown[] = []) => ({
  hash,
  input,
  receipt: { from: SENDER, status, gasUsed: '0x64', transactionHash: hash, logs },
});

/** A chain of one transaction a block, from block 1. */
function chainOf(transactions: readonly ReturnType<typeof transaction>[]) {
  const send = (method: string, [tag]: readonly [string]): Promise<unknown> => {
    const { hash, input, receipt } = transactions[Number(tag) - 1];
    return Promise.resolve(
      method === 'eth_getBlockReceipts'
        ? [receipt]
        : { timestamp: `0x${(1000 + Number(tag)).toString(16)}`, transactions: [{ hash, input }] },
    );
  };
  const provider = { getBlockNumber: () => Promise.resolve(transactions.length), send };
  return { provider, contracts: { market: { interface: market } } } as unknown as Pick<
    Client,
    'provider' | 'contracts'
  >;
}

const finalize = market.encodeFunctionData('finalize', [JOB]);

test('transactions are told by what they called, when, and whether for anything', async () => {
  const both = market.encodeFunctionData('multicall', [
    [market.encodeFunctionData('deposit', [SENDER, 1n]), finalize],
  ]);
  const finalized = market.encodeEventLog('JobFinalized', [JOB, SENDER, 1n, 2n, 3n]);
  const chain = chainOf([
    transaction('0xa', finalize, '0x0'),
    transaction('0xb', finalize, '0x1', [finalized]),
    transaction('0xc', both, '0x1'),
    transaction('0xd', '0x12345678', '0x1'),
  ]);
  const told = [];
  for await (const { kind, time, isInVain, events } of readMined(chain, 1))
    told.push([kind, time, isInVain, events.map(({ name, args }) => [name, args.jobId])]);
  expect(told).toEqual([
    ['finalize', 1001, true, []],
    ['finalize', 1002, false, [['JobFinalized', JOB]]],
    ['deposit + finalize', 1003, false, []],
    [undefined, 1004, false, []],
  ]);
});

test('a bid is for nothing when it took no slice', async () => {
  const input = market.encodeFunctionData('bid', [SENDER, JOB, JOB, 1n, 1n]);
  const placed = market.encodeEventLog('BidPlaced', [JOB, SENDER, 0n, 1n, 1n, 1n, 1n, 1n, SENDER]);
  const sums = new Map<string, Sent>();
  const chain = chainOf([transaction('0xa', input, '0x1', [placed]), transaction('0xb', input, '0x1')]);
  for await (const mined of readMined(chain, 1)) tally(sums, mined.kind ?? '', mined);
  expect([...sums]).toEqual([['bid', { mined: 2, inVain: 1, gas: 200, gasInVain: 100 }]]);
  expect(together([...sums.values(), ...sums.values()])).toEqual({
    ...{ mined: 4, inVain: 2, gas: 400, gasInVain: 200 },
  });
});
