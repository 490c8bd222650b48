import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TransactionReceipt } from 'ethers';
import { stringify as toToml } from 'smol-toml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayOf, daysOf, spanOf } from '../../prover-node/earnings/span.ts';
import { inAsset } from '../support/in-asset.ts';
import { until } from '../support/until.ts';
import { runCli, startNodeProcess } from './support/child.ts';
import { openWorld, type World } from './support/world.ts';

const NOON = Date.parse('2026-11-29T12:00:00Z') / 1000;
const shown = (asked: Parameters<typeof spanOf>[0]): string[] => daysOf(spanOf(asked, NOON));

describe('the days of a report', () => {
  test.each<[Parameters<typeof spanOf>[0], string, string, number]>([
    [{}, '2026-10-31', '2026-11-29', 30],
    [{ days: '1' }, '2026-11-29', '2026-11-29', 1],
    [{ since: '2026-02-27', days: '3' }, '2026-02-27', '2026-03-01', 3],
    [{ since: '2026-11-28' }, '2026-11-28', '2026-11-29', 2],
    // Never one that has not begun.
    [{ since: '2026-11-28', days: '9' }, '2026-11-28', '2026-11-29', 2],
  ])('%j', (asked, first, last, count) => {
    const days = shown(asked);
    expect([days[0], days.at(-1), days.length]).toEqual([first, last, count]);
  });

  test('a day that has not begun yet has none', () => {
    expect(shown({ since: '2026-12-01' })).toEqual([]);
  });

  test('a second belongs to one day, midnight to the new one', () => {
    const midnight = Date.parse('2026-11-30T00:00:00Z') / 1000;
    expect([dayOf(midnight - 1), dayOf(midnight)]).toEqual(['2026-11-29', '2026-11-30']);
  });

  test.each([
    { since: '2026-02-30' },
    { since: 'yesterday' },
    { since: '2026-1-1' },
    { days: '0' },
    { days: '-1' },
    { days: '1.5' },
    { days: '' },
  ])('%j is refused', (asked) => {
    expect(() => spanOf(asked, NOON)).toThrow(expect.objectContaining({ code: 'DAYS_MALFORMED' }));
  });
});

interface Row {
  readonly day: string;
  readonly proofs: number;
  readonly executions: number;
  readonly transactions: number;
  readonly [amount: string]: string | number;
}
interface Report {
  readonly asset: string;
  readonly days: readonly Row[];
  readonly total: Row;
  readonly otherTransactions: number | null;
}

/** As the ledger counts. */
const wei = (text: unknown): bigint => {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(String(text)) ?? [
    '',
    '',
    'not an amount',
  ];
  return BigInt(`${sign}${whole}${fraction.padEnd(18, '0')}`);
};

describe('the report of a node', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world?.close());

  const receiptsOf = async (account: string): Promise<TransactionReceipt[]> => {
    const { provider } = world.chain;
    const found: (TransactionReceipt | null)[] = [];
    for (let number = await provider.getBlockNumber(); number > 0; number--) {
      const block = await provider.getBlock(number, true);
      const own = block?.prefetchedTransactions.filter(({ from }) => from === account) ?? [];
      for (const { hash } of own) found.push(await provider.getTransactionReceipt(hash));
    }
    return found.flatMap((receipt) => receipt ?? []);
  };

  test('has by day what the ledger and the key’s coins lost and gained, also when the node’s disk is lost', async () => {
    const { provider } = world.chain;
    const { market } = world.client.contracts;
    const key = world.chain.keys[2];
    const account = await world.chain.signer(2).getAddress();
    const deposit = 10n ** 12n;
    const settings = {
      name: 'earner',
      rpc: world.chain.url,
      deployment: world.deploymentFile,
      store: [world.storeUrl],
      'data-dir': path.join(world.folder, 'earner'),
      roles: ['execute', 'prove'],
      'poll-seconds': 0.2,
      'cost-per-second': inAsset(1_000n),
      'deposit-target': inAsset(deposit),
    };
    const coins = await provider.getBalance(account);
    // A day that has just begun: what a job takes is within one.
    const { timestamp } = (await provider.getBlock('latest'))!;
    await world.chain.advance(86_400 - (timestamp % 86_400) + 60);
    const node = await startNodeProcess(world.folder, settings, key);
    const finish = async (seed: number): Promise<void> => {
      const jobId = await world.post(seed);
      await until(async () => (await market.jobOf(jobId)).state === FINALIZED);
    };
    await finish(1);
    const first = dayOf((await provider.getBlock('latest'))!.timestamp);
    await world.chain.advance(86_400);
    await finish(2);
    const second = dayOf((await provider.getBlock('latest'))!.timestamp);
    await node.kill('SIGTERM');

    // On another machine: the settings, the key, and nothing else.
    const file = path.join(world.folder, 'elsewhere.toml');
    const elsewhere = {
      ...settings,
      'private-key-env': 'TEST_NODE_KEY',
      'data-dir': path.join(world.folder, 'none'),
    };
    await writeFile(file, toToml({ node: elsewhere }));
    const ask = async (...more: string[]): Promise<string> =>
      (await runCli(['node', 'earnings', '--config', file, ...more], key)).stdout;
    const report = JSON.parse(await ask('--json', '--asset-per-native', '2500')) as Report;
    const { total, days } = report;
    const worked = days.filter(({ executions }) => executions > 0);
    expect(worked.map(({ day, proofs, executions }) => ({ day, proofs, executions }))).toEqual([
      { day: first, proofs: 2, executions: 1 },
      { day: second, proofs: 2, executions: 1 },
    ]);
    const { balance, reserved } = await market.accountOf(account);
    expect(reserved).toBe(0n);
    const earned = wei(total.proving) + wei(total.executing) + wei(total.keeping) - wei(total.slashed);
    expect(earned).toBe(balance - deposit);
    // Every transaction of the key's, one by one. Approvals and the like leave no event of the market's: they are counted,
    // what they cost is not.
    const paid = await receiptsOf(account);
    const address = (await market.getAddress()).toLowerCase();
    const acted = paid.filter(({ logs }) => logs.some((log) => log.address.toLowerCase() === address));
    const sum = (receipts: typeof paid): bigint => receipts.reduce((all, { fee }) => all + fee, 0n);
    expect(total.transactions).toBe(acted.length);
    expect(report.otherTransactions).toBe(paid.length - acted.length);
    expect(acted.length).toBeGreaterThan(4);
    expect(wei(total.gas)).toBe(sum(acted));
    expect(sum(paid)).toBe(coins - (await provider.getBalance(account)));
    expect(wei(total.net)).toBe(earned - wei(total.gas) * 2500n);
    for (const amount of ['proving', 'executing', 'keeping', 'slashed', 'gas']) {
      expect(
        days.reduce((sum, row) => sum + wei(row[amount]), 0n),
        amount,
      ).toBe(wei(total[amount]));
    }

    const [head, ...lines] = (await ask('--csv', '--since', second, '--days', '1')).trim().split('\n');
    expect(head).toBe('day,proofs,proving,executions,executing,keeping,slashed,transactions,gas,net');
    expect(lines.map((line) => line.split(',').slice(0, 3))).toEqual([
      [second, '2', String(worked[1].proving)],
    ]);
    const table = await ask('--since', second, '--days', '1');
    expect(table).toContain(second);
    expect(table).not.toContain(first);
  });
});

const FINALIZED = 4n;
