/** A private key, with 0x or without: under whatever name it is in the environment. */
const KEY = /^(0x)?[0-9a-f]{64}$/i;

/**
 * What a process that proves, or that works at a ceremony, gets of our own environment: no setting of a service and nothing
 * that is a private key. It needs neither, and reads files that others made.
 */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name, value = '']) => !/^SLICEPROOF_|^DATABASE_URL$/.test(name) && !KEY.test(value.trim()),
    ),
  );
}
