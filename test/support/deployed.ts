import { readFile, writeFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { JsonRpcProvider } from 'ethers';
import { deploy, type DeployOptions, type Deployment } from '../../scripts/deploy.ts';
import { startChain } from '../verifier/support/chain.ts';
import { copyShared } from './shared.ts';

/** What Anvil says of its state, as far as it is looked at here. */
interface State {
  readonly block: { readonly basefee: number };
  readonly accounts: object;
}

interface Made {
  readonly deployment: Deployment;
  readonly state: State;
}

/**
 * Puts the market's contracts on a chain on which nothing happened yet, as `deploy` by its first account does. Deployed they are
 * once in a run, since that takes two CPU seconds: other chains get the state that it left, codes, storage and nonces, and keep
 * first blocks of their own. What they don't get is the deployment's transactions and events: who reads these deploys.
 * @param folder of whoever asks; `deployment.json` in it is the deployment's file
 */
export async function openDeployed(
  provider: JsonRpcProvider,
  folder: string,
  options: Pick<DeployOptions, 'minProveSeconds' | 'minCommitSeconds' | 'minJobSeconds'> = {},
): Promise<{ readonly deployment: Deployment; readonly file: string }> {
  const copy = path.join(folder, 'deployed');
  await copyShared(`contracts, deployed, ${JSON.stringify(options)}`, (to) => make(to, options), copy);
  const { deployment: made, state } = JSON.parse(
    await readFile(path.join(copy, 'made.json'), 'utf8'),
  ) as Made;
  const head = (await provider.send('eth_getBlockByNumber', ['latest', false])) as {
    readonly number: string;
    readonly timestamp: string;
    readonly baseFeePerGas: string;
  };
  const { number, timestamp, baseFeePerGas } = head;
  const onTop = {
    ...state,
    block: { ...state.block, number, timestamp, basefee: Number(baseFeePerGas) },
    best_block_number: Number(number),
    blocks: [],
    transactions: [],
    historical_states: null,
  };
  await provider.send('anvil_loadState', [`0x${Buffer.from(JSON.stringify(onTop)).toString('hex')}`]);
  // What gas cost after the deployment's blocks.
  await provider.send('anvil_setNextBlockBaseFeePerGas', [`0x${state.block.basefee.toString(16)}`]);
  await provider.send('anvil_mine', ['0x1']);
  const deployment = { ...made, block: await provider.getBlockNumber() };
  const file = path.join(folder, 'deployment.json');
  await writeFile(file, JSON.stringify(deployment));
  return { deployment, file };
}

async function make(
  folder: string,
  options: Pick<DeployOptions, 'minProveSeconds' | 'minCommitSeconds' | 'minJobSeconds'>,
): Promise<void> {
  const chain = await startChain();
  try {
    const deployment = await deploy({ signer: chain.signer(0), ...options });
    const dumped = (await chain.provider.send('anvil_dumpState', [])) as string;
    const state = JSON.parse(gunzipSync(Buffer.from(dumped.slice(2), 'hex')).toString()) as State;
    await mkdir(folder);
    const { block, accounts } = state;
    await writeFile(
      path.join(folder, 'made.json'),
      JSON.stringify({ deployment, state: { block, accounts } }),
    );
  } finally {
    await chain.close();
  }
}
