import { JsonRpcProvider, NonceManager, parseEther, Wallet } from 'ethers';
import { openClient, type Client } from '../../client/client.ts';
import { TestToken__factory } from '../../protocol/contracts/generated/index.ts';
import { deploy } from '../deploy.ts';
import type { Account, Role } from './accounts.ts';
import type { Places } from './services.ts';

/** Deploys the market with an asset of no worth, gives everybody some, and opens it for the requester. */
export async function deployMarket(
  places: Pick<Places, 'rpc' | 'store' | 'deployment'>,
  accounts: Readonly<Record<Role, Account>>,
): Promise<Client> {
  const provider = new JsonRpcProvider(places.rpc, undefined, { cacheTimeout: -1, pollingInterval: 100 });
  try {
    const signer = new NonceManager(new Wallet(accounts.deployer.privateKey, provider));
    const { addresses } = await deploy({ signer, file: places.deployment });
    const asset = TestToken__factory.connect(addresses.asset, signer);
    for (const { address } of Object.values(accounts))
      await (await asset.mint(address, parseEther('1000'))).wait();
  } finally {
    provider.destroy();
  }
  return openClient({
    rpc: places.rpc,
    deployment: places.deployment,
    store: [places.store],
    privateKey: accounts.requester.privateKey,
  });
}
