import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where programs keep what is theirs (Hardhat its consents and caches, npm and Prisma theirs): inside the clone,
 * since a home may be missing, read-only or another user's.
 */
export function homeInClone(root: string): Readonly<Record<string, string>> {
  const home = path.join(root, '.sliceproof', 'home');
  return {
    XDG_CONFIG_HOME: path.join(home, 'config'),
    XDG_CACHE_HOME: path.join(home, 'cache'),
    XDG_DATA_HOME: path.join(home, 'data'),
    XDG_STATE_HOME: path.join(home, 'state'),
    HARDHAT_DISABLE_TELEMETRY_PROMPT: 'true',
    // Prisma asks whether there is a newer one, and keeps the answer in the home.
    CHECKPOINT_DISABLE: '1',
  };
}

/**
 * What a process gets whose settings are all given to it: the environment without the settings of whoever runs it, of
 * ours or of a database.
 */
export function ownEnvironment(root: string, env: Environment): Record<string, string | undefined> {
  const others = Object.entries(env).filter(
    ([name]) => !/^SLICEPROOF_|^PG[A-Z]+$/.test(name) && name !== 'DATABASE_URL',
  );
  return { ...Object.fromEntries(others), ...homeInClone(root) };
}
