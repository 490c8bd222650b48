import { readFile } from 'node:fs/promises';
import { decryptKeystoreJson, isKeystoreJson } from 'ethers';
import { ConfigError } from './errors.ts';
import { askSecret } from './terminal/ask-secret.ts';

export interface KeystoreSource {
  /** An encrypted key as wallets keep it: a JSON file of version 3. */
  readonly keystore: string;
  readonly keystorePasswordFile?: string | undefined;
  readonly keystorePasswordEnv?: string | undefined;
}

/**
 * The private key in an encrypted file. The password is a file's first line, a variable's value, or asked for.
 * @throws ConfigError KEYSTORE_UNREADABLE, KEYSTORE_PASSWORD
 */
export async function readKeystore(
  source: KeystoreSource,
  env: Readonly<Record<string, string | undefined>>,
  ask: (question: string) => Promise<string | undefined> = askSecret,
): Promise<string> {
  const { keystore } = source;
  const json = await readFile(keystore, 'utf8').catch((cause: unknown) => {
    throw new ConfigError('KEYSTORE_UNREADABLE', `the keystore ${keystore} can't be read`, { cause });
  });
  if (!isKeystoreJson(json)) {
    throw new ConfigError(
      'KEYSTORE_UNREADABLE',
      `expected an encrypted key, JSON of version 3, in ${keystore}`,
    );
  }
  const password = (await passwordOf(source, env)) ?? (await ask(`password of ${keystore}: `));
  if (password === undefined) {
    throw new ConfigError('KEYSTORE_PASSWORD', `a password is needed for ${keystore}, none was given`, {
      hint: 'Set keystore-password-file, or keystore-password-env and that variable; without a terminal nobody can be asked.',
    });
  }
  try {
    return (await decryptKeystoreJson(json, password)).privateKey;
  } catch (cause) {
    if ((cause as { readonly argument?: unknown }).argument === 'password')
      throw new ConfigError('KEYSTORE_PASSWORD', `${keystore} doesn't open with that password`, { cause });
    // Whatever its password is.
    throw new ConfigError(
      'KEYSTORE_UNREADABLE',
      `the keystore ${keystore} is damaged, or of a kind that isn't read`,
      {
        hint: 'Export the account from the wallet again.',
        cause,
      },
    );
  }
}

/** The password that the settings name; undefined: none does. @throws ConfigError KEYSTORE_PASSWORD */
export async function passwordOf(
  { keystorePasswordFile: file, keystorePasswordEnv: name }: KeystoreSource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  if (name !== undefined && env[name] !== undefined) return env[name];
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (cause) {
    throw new ConfigError('KEYSTORE_PASSWORD', `the password file ${file} can't be read`, { cause });
  }
}
