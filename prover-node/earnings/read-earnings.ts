import { getAddress, Wallet } from 'ethers';
import { connect, WHILE_SOMEBODY_WAITS } from '../../protocol/chain/provider.ts';
import { openAsset } from '../../protocol/contracts/asset.ts';
import { expectChain, openContracts } from '../../protocol/contracts/market.ts';
import { readDeployment } from '../../protocol/contracts/read-deployment.ts';
import { createLog } from '../../protocol/log.ts';
import { readPrivateKey } from '../../protocol/private-key.ts';
import type { NodeSettings } from '../settings.ts';
import { earningsByDay, type EarningsByDay } from './by-day.ts';

/** @returns what a node's account earned, by day, and the asset's symbol. @throws BadInputError DAYS_MALFORMED */
export async function readEarnings(
  settings: NodeSettings,
  asked: Parameters<typeof earningsByDay>[3],
): Promise<EarningsByDay & { readonly asset: string }> {
  const sender = new Wallet(await readPrivateKey(settings, process.env)).address;
  const who = { sender, account: getAddress(settings.account ?? sender) };
  const deployment = await readDeployment(settings.deployment);
  const { rpc, rpcRate } = settings;
  const log = createLog(settings.name, 'warn');
  const provider = await connect({ rpc, rpcRate, log, ...WHILE_SOMEBODY_WAITS });
  try {
    expectChain(deployment, provider._network.chainId);
    const contracts = openContracts(deployment, provider);
    const { symbol } = await openAsset(contracts);
    return { ...(await earningsByDay(provider, contracts, who, asked)), asset: symbol };
  } finally {
    provider.destroy();
  }
}
