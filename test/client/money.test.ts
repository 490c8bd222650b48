import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEther } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import { postJob } from '../../client/jobs/post-job.ts';
import { readPublishedModel } from '../../client/jobs/read-model.ts';
import { registerBuild } from '../../client/models/register-build.ts';
import { openClient } from '../../client/open-client.ts';
import { depositToLedger, PERMIT2 } from '../../protocol/contracts/deposits.ts';
import {
  SignedTransfers__factory,
  SmallToken__factory,
  WrappedCoin__factory,
} from '../../protocol/contracts/generated/index.ts';
import { FolderStore } from '../../protocol/store/folder-store.ts';
import { deploy } from '../../scripts/deploy.ts';
import { buildSmallModel, sampleOf } from '../prover-node/support/model.ts';
import { OFFER } from '../prover-node/support/world.ts';
import { startChain, type TestChain } from '../verifier/support/chain.ts';

let folder: string;
let chain: TestChain;
const clients: Client[] = [];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-money-'));
  chain = await startChain(1);
});
afterAll(async () => {
  for (const client of clients) client.close();
  await chain.close();
  await rm(folder, { recursive: true });
});

/** A client of a market of this asset. */
async function marketOf(name: string, asset: string): Promise<Client> {
  const deployment = path.join(folder, `${name}.json`);
  await deploy({ signer: chain.signer(0), asset, file: deployment, minJobSeconds: 1 });
  const store = new FolderStore(path.join(folder, 'store')).folder;
  const client = await openClient({ rpc: chain.url, deployment, store: [store], privateKey: chain.keys[1] });
  clients.push(client);
  return client;
}

const balanceOf = async ({ contracts: { market }, sender }: Client): Promise<bigint> =>
  (await market.accountOf(sender.address)).balance;

describe('a market of the chain’s coin', () => {
  let client: Client;
  beforeAll(async () => {
    const coin = await new WrappedCoin__factory(chain.signer(0)).deploy();
    client = await marketOf('coins', await coin.getAddress());
  });

  it('takes coins as they are, and no more than there are', async () => {
    await depositToLedger(client.sender, client.contracts, client.asset.parse('0.25'), 'coins');
    expect(await balanceOf(client)).toBe(parseEther('0.25'));
    expect(await client.asset.balanceOf(client.sender.address)).toBe(0n);
    await expect(
      depositToLedger(client.sender, client.contracts, parseEther('1000000'), 'coins'),
    ).rejects.toMatchObject({ code: 'COINS_TOO_LITTLE' });
  });

  it('has a job posted in one transaction by who has nothing but coins', async () => {
    const built = path.join(folder, 'model');
    await buildSmallModel(built);
    const { modelId } = await registerBuild(client, built);
    const published = await readPublishedModel(client, modelId);
    const before = await balanceOf(client);
    const nonce = await client.provider.getTransactionCount(client.sender.address);
    const offer = { ...OFFER, maxExecutionPrice: before + 7n };
    const job = { published, inputs: [sampleOf(1).input], offer };
    await expect(postJob(client, { ...job, deposit: false })).rejects.toMatchObject({
      code: 'LEDGER_TOO_LITTLE',
    });
    const { escrow } = await postJob(client, { ...job, deposit: 'coins' });
    expect(escrow).toBeGreaterThan(before);
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(nonce + 1);
    expect(await balanceOf(client)).toBe(0n);
  });

  it('takes the wrapped ones by Permit2 where they were approved to it once, without another approval', async () => {
    const coin = WrappedCoin__factory.connect(client.contracts.deployment.addresses.asset, chain.signer(1));
    const transfers = await new SignedTransfers__factory(chain.signer(0)).deploy();
    const code = await chain.provider.getCode(await transfers.getAddress());
    await chain.provider.send('anvil_setCode', [PERMIT2, code]);
    await (await coin.deposit({ value: 900n })).wait();
    await (await coin.approve(PERMIT2, 500n)).wait();
    const before = await balanceOf(client);
    const nonce = await client.provider.getTransactionCount(client.sender.address);
    await depositToLedger(client.sender, client.contracts, 500n);
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(nonce + 1);
    // More than that is approved to the market itself, before it is deposited.
    await depositToLedger(client.sender, client.contracts, 400n);
    expect(await client.provider.getTransactionCount(client.sender.address)).toBe(nonce + 3);
    expect(await balanceOf(client)).toBe(before + 900n);
  });
});

describe('a market of an asset of 6 decimals', () => {
  let client: Client;
  let token: ReturnType<typeof SmallToken__factory.connect>;
  beforeAll(async () => {
    token = await new SmallToken__factory(chain.signer(0)).deploy(6);
    client = await marketOf('small', await token.getAddress());
    await (await token.mint(client.sender.address, 5_000_000n)).wait();
  });

  it('is shown and read as amounts of it, to the 18th place, and moved in what it can move', async () => {
    const { asset, sender, contracts } = client;
    expect([asset.decimals, asset.scale]).toEqual([6, 10n ** 12n]);
    expect(asset.format(await asset.balanceOf(sender.address))).toBe('5 SMALL');
    expect(asset.parse('0.000000000000000001')).toBe(1n);
    expect(asset.format(1n)).toBe('0.000000000000000001 SMALL');
    // Rounded up: a job that escrows so much has it.
    await depositToLedger(sender, contracts, asset.parse('1.0000001'));
    expect(await balanceOf(client)).toBe(asset.parse('1.000001'));
    expect(await token.balanceOf(sender.address)).toBe(3_999_999n);
    await expect(depositToLedger(sender, contracts, asset.parse('3.9999981'))).resolves.toBeUndefined();
    await expect(depositToLedger(sender, contracts, 1n)).rejects.toMatchObject({ code: 'ASSET_TOO_LITTLE' });
  });

  it('is no coin', async () => {
    await expect(depositToLedger(client.sender, client.contracts, 1n, 'coins')).rejects.toMatchObject({
      code: 'ASSET_NO_COIN',
    });
  });
});
