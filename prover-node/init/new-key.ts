import { Wallet } from 'ethers';
import { existsSync } from 'node:fs';
import { writeWhole } from '../../protocol/files/write-whole.ts';
import { NodeError } from '../errors.ts';

/** Refuses to write over a file: it may be all that there is of a key. @throws NodeError NODE_INIT_EXISTS */
export function expectNew(file: string): void {
  if (!existsSync(file)) return;
  throw new NodeError('NODE_INIT_EXISTS', `${file} is there already`, {
    hint: 'Move it away, or name another.',
  });
}

/**
 * Makes an account and keeps its key encrypted, as wallets do (JSON of version 3), for its owner alone.
 * @returns its address
 * @throws NodeError NODE_INIT_EXISTS; FileError
 */
export async function makeKey(file: string, password: string): Promise<string> {
  expectNew(file);
  const wallet = Wallet.createRandom();
  await writeWhole(file, await wallet.encrypt(password));
  return wallet.address;
}
