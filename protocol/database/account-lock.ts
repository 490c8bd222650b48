import { mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import type { JsonRpcProvider } from 'ethers';
import { patiently } from '../chain/provider.ts';
import { ConfigError } from '../errors.ts';
import type { Log } from '../log.ts';
import { lockFolder, type FolderLock, type LockHolder } from './folder-lock.ts';

export interface AccountAtWork {
  /** The key's own address: two processes that send with it would take each other's nonces. */
  readonly address: string;
  /** Who works with it, e.g. `aggregator`. */
  readonly service: string;
  /** Where it keeps its work: a folder, or a database. */
  readonly place: string;
  /** Others with the same place may work with the key too: something there makes them take turns. Default false. */
  readonly shared?: boolean;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/**
 * Makes sure that one process of this machine at a time acts with a key on a chain. Chains are told apart by their first
 * block too: development chains all have the same number. Released by what is returned, or by the process's end.
 * Of another machine the chain alone can tell.
 * @throws ConfigError KEY_AT_WORK
 */
export async function lockAccount(
  provider: JsonRpcProvider,
  { address, service, place, shared = false, log, signal }: AccountAtWork,
): Promise<() => Promise<void>> {
  const first = await patiently(log, () => provider.getBlock(0), signal);
  const chain = `${provider._network.chainId}-${first?.hash?.slice(2, 18) ?? 'pruned'}`;
  const parent = await locksFolder();
  let joined = false;
  const refused = (holder: LockHolder): ConfigError => {
    joined = shared && holder.about.shared === 'yes' && holder.about.place === place;
    return keyAtWork(address, holder);
  };
  const about = { service, place, since: new Date().toISOString(), shared: shared ? 'yes' : 'no' };
  const lock = await lockFolder(path.join(parent, `${chain}-${address.toLowerCase()}`), {
    about,
    refused,
  }).catch((error: unknown): FolderLock => {
    if (joined) return { release: () => Promise.resolve() };
    throw error;
  });
  return () => lock.release();
}

function keyAtWork(address: string, { pid, host, elsewhere, about, file }: LockHolder): ConfigError {
  const { service = 'a process', place = 'an unknown place', since = 'an unknown time' } = about;
  return new ConfigError(
    'KEY_AT_WORK',
    `this key (${address}) is already at work in ${place}: ${service}, process ${pid} on ${host}, since ${since}`,
    {
      hint: elsewhere
        ? `Give each service a key of its own. If that process is gone, delete ${file}.`
        : `Stop that process (\`kill ${pid}\`), or give each service a key of its own.`,
      details: { address, pid, host, place, service, since },
    },
  );
}

/** One for all processes of a user, wherever they are started and keep their data. */
async function locksFolder(): Promise<string> {
  const state = process.env.XDG_STATE_HOME ?? path.join(homedir(), '.local', 'state');
  const folder = path.join(state, 'sliceproof', 'keys-at-work');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // A user without a home of its own, as services have.
    const temporary = path.join(tmpdir(), `sliceproof-keys-at-work-${process.getuid?.() ?? 'all'}`);
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    return temporary;
  }
}
