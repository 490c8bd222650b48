import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { anvilAt, anvilCommand } from '../../../scripts/anvil-binary.ts';

/** A chain of its own in a child process: blocks every second, or so many, and with every transaction. */
export interface TestChain {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  /** Keys of accounts with plenty of native coin. */
  readonly keys: readonly string[];
  signer(index: number): NonceManager;
  wallet(index: number): Wallet;
  /** Lets time pass. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function startChain(blockSeconds = 1): Promise<TestChain> {
  const { program, args } = anvilCommand('--mixed-mining', '--block-time', String(blockSeconds));
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const keys: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`anvil ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const key = /^\(\d+\) (0x[0-9a-f]{64})$/.exec(line)?.[1];
      if (key !== undefined) keys.push(key);
      const at = anvilAt(line);
      if (at !== undefined) resolve(at);
    });
  });
  const provider = new JsonRpcProvider(url, undefined, { pollingInterval: 50, cacheTimeout: -1 });
  const signers = keys.map((key) => new NonceManager(new Wallet(key, provider)));
  return {
    url,
    provider,
    keys,
    signer: (index) => signers[index],
    wallet: (index) => new Wallet(keys[index], provider),
    async advance(seconds) {
      await provider.send('evm_increaseTime', [seconds]);
      await provider.send('evm_mine', []);
    },
    async close() {
      provider.destroy();
      child.removeAllListeners('exit');
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}
