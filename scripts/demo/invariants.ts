import type { Client } from '../../client/client.ts';

/** The market's money at one moment, in 10^-18 of the asset. */
export interface MoneySum {
  /** What the market's account holds of the asset. */
  readonly held: bigint;
  /** Free balances, and collateral and bonds reserved, of everybody who took part. */
  readonly ledgers: bigint;
  readonly reserved: bigint;
  /** What is left in escrow for jobs, raises included. */
  readonly escrows: bigint;
  readonly holds: boolean;
}

const BURNED = '0x000000000000000000000000000000000000dEaD';

/** held = ledgers + reserved + escrows: the first of the market's invariants, on the chain as it is. */
export async function sumMoney(
  client: Client,
  accounts: readonly string[],
  jobIds: readonly string[],
): Promise<MoneySum> {
  const {
    contracts: { market, deployment },
    asset,
  } = client;
  const [held, balances, jobs] = await Promise.all([
    asset.balanceOf(deployment.addresses.market),
    Promise.all([...accounts, BURNED].map((account) => market.accountOf(account))),
    Promise.all(jobIds.map((jobId) => market.jobOf(jobId))),
  ]);
  const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
  const ledgers = sum(balances.map(({ balance }) => balance));
  const reserved = sum(balances.map(({ reserved: kept }) => kept));
  const escrows = sum(jobs.map(({ escrow, raises }) => escrow + raises));
  return { held, ledgers, reserved, escrows, holds: held === ledgers + reserved + escrows };
}
