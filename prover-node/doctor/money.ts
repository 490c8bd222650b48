import path from 'node:path';
import { formatEther, type JsonRpcProvider } from 'ethers';
import { openAsset } from '../../protocol/contracts/asset.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import { GasUsed } from '../pricing/gas-used.ts';
import { jobGas } from '../pricing/pricer.ts';
import type { NodeSettings } from '../settings.ts';
import { ill, look, ok, type Finding } from './finding.ts';

/** Jobs whose gas a key should have coins for. */
const MANY_JOBS = 20n;

/** Who acts, and for whom. */
export interface Actor {
  /** Address of the key that sends. */
  readonly key: string;
  /** Account that bids and is paid. */
  readonly account: string;
}

/** The coins that the key which sends has for gas, beside what a job takes at the gas price of now. */
export async function examineCoins(
  provider: JsonRpcProvider,
  { key }: Actor,
  settings: NodeSettings,
): Promise<Finding> {
  const what = 'coins for gas';
  const [coins, { gasPrice }] = await Promise.all([provider.getBalance(key), provider.getFeeData()]);
  const file = path.join(settings.dataDir, 'gas.json');
  const { most } = await GasUsed.load(file, () => settings, { owner: false });
  const needed = jobGas(settings.roles, most) * (gasPrice ?? 0n);
  const found = `${formatEther(coins)} for ${key}; a job may take ${formatEther(needed)}`;
  if (coins < needed || coins === 0n) return ill(what, found, `Send coins of the chain to ${key}.`);
  return coins < needed * MANY_JOBS
    ? look(what, found, `Send more before they are used up: a hold that can't be settled is slashed.`)
    : ok(what, found);
}

/** What the account's ledger has free for bonds and collateral. */
export async function examineLedger(
  contracts: Contracts,
  { account }: Actor,
  { depositTarget }: Pick<NodeSettings, 'depositTarget'>,
): Promise<Finding> {
  const what = 'ledger';
  const asset = await openAsset(contracts);
  const [[free, reserved], wallet] = await Promise.all([
    contracts.market.accountOf(account),
    asset.balanceOf(account),
  ]);
  const found = `${asset.format(free)} free, ${asset.format(reserved)} reserved; the wallet has ${asset.format(wallet)}`;
  const missing = depositTarget - free - reserved;
  if (missing > wallet) {
    return ill(
      what,
      found,
      `deposit-target wants ${asset.format(missing)} more: send ${account} ${asset.symbol}.`,
    );
  }
  if (free > 0n || missing > 0n) return ok(what, found);
  return ill(
    what,
    found,
    'Without a deposit it can neither bid nor claim: `sliceproof account deposit …`, or set deposit-target.',
  );
}

/** Whether the key may act for the account. */
export async function examineOperator({ market }: Contracts, { key, account }: Actor): Promise<Finding> {
  const what = 'operator';
  const { maxReserved, maxDaily } = await market.operatorOf(account, key);
  return maxDaily > 0n && maxReserved > 0n
    ? ok(what, `${key} may act for ${account}`)
    : ill(
        what,
        `${account} has not named ${key} as its operator`,
        `From that account: \`sliceproof account operator ${key} --max-reserved … --max-daily …\`.`,
      );
}
