import { parseEther } from 'ethers';
import type { Client } from '../../client/client.ts';
import { openClient } from '../../client/open-client.ts';
import { connect } from '../../protocol/chain/provider.ts';
import { Sender } from '../../protocol/chain/sending/sender.ts';
import { SendingSigner } from '../../protocol/chain/sending/signer.ts';
import { TestToken__factory } from '../../protocol/contracts/generated/index.ts';
import { createLog } from '../../protocol/log.ts';
import { deploy } from '../deploy.ts';
import type { Account, Role } from './accounts.ts';
import type { Places } from './services.ts';

/** Deploys the market with an asset of no worth, gives everybody some, and opens it for the requester. */
export async function deployMarket(
  places: Pick<Places, 'rpc' | 'store' | 'deployment'>,
  accounts: Readonly<Record<Role, Account>> & Readonly<Record<string, Pick<Account, 'address'>>>,
): Promise<Client> {
  const log = createLog('demo', 'silent');
  const provider = await connect({ rpc: places.rpc, log, pollingInterval: 100 });
  try {
    const { privateKey } = accounts.deployer;
    const sender = new Sender({ provider, privateKey, interfaces: [], log });
    const signer = new SendingSigner(sender, provider, 'deploy');
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
