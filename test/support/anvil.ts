import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { JsonRpcProvider, Network } from 'ethers';
import { anvilAt, anvilCommand } from '../../scripts/anvil-binary.ts';

/** A chain of its own, in memory, with accounts that have funds. */
export interface TestChain {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  /** Moves the clock; the next block is that much later. */
  pass(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** One which can be reorganised. */
export interface Anvil extends TestChain {
  /** Replaces the last `depth` blocks by empty ones. */
  reorganise(depth: number): Promise<void>;
  mine(blocks: number): Promise<void>;
}

/** @param more flags of anvil, e.g. `--block-time 1` */
export async function startAnvil(chainId = 31337, more: readonly string[] = []): Promise<Anvil> {
  const funds = ['--accounts', '10', '--balance', '1000000'];
  const { program, args } = anvilCommand('--chain-id', String(chainId), ...funds, ...more);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`anvil ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const at = anvilAt(line);
      if (at !== undefined) resolve(at);
    });
  });
  const provider = openProvider(url, chainId);
  const send = async (method: string, ...params: unknown[]): Promise<void> => {
    await provider.send(method, params);
  };
  return {
    url,
    provider,
    reorganise: (depth) => send('anvil_reorg', depth, []),
    mine: (blocks) => send('anvil_mine', `0x${blocks.toString(16)}`),
    pass: async (seconds) => {
      await send('evm_increaseTime', seconds);
      await send('anvil_mine', '0x1');
    },
    async stop() {
      provider.destroy();
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

export function openProvider(url: string, chainId: number): JsonRpcProvider {
  const network = Network.from(chainId);
  return new JsonRpcProvider(url, network, { staticNetwork: network, pollingInterval: 20, cacheTimeout: -1 });
}
