import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from './errors.ts';
import { keepSecret } from './secrets.ts';

const answers = 'which key';

/** The settings by which a service is given its account; spread them into the service's schema. */
export const privateKeySettings = {
  privateKey: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hexadecimal digits')
    .optional()
    .meta({ answers, secret: true })
    .describe('private key of the account; better in the environment or a file than here'),
  privateKeyFile: z.string().optional().meta({ answers }).describe('file that holds the private key'),
  privateKeyEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable')
    .optional()
    .meta({ answers })
    .describe('environment variable that holds the private key'),
  keystore: z.string().optional().meta({ answers }).describe('encrypted file that holds the private key'),
  keystorePasswordFile: z.string().optional().describe('file whose first line is the keystore’s password'),
  keystorePasswordEnv: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable')
    .optional()
    .describe('environment variable that holds the keystore’s password; without either it is asked for'),
};

export interface PrivateKeySource {
  readonly privateKey?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly privateKeyEnv?: string | undefined;
  readonly keystore?: string | undefined;
  readonly keystorePasswordFile?: string | undefined;
  readonly keystorePasswordEnv?: string | undefined;
}

/**
 * The account's private key, from the setting, the variable, the file or the keystore that the settings name.
 * @throws ConfigError PRIVATE_KEY_MISSING, PRIVATE_KEY_MALFORMED, KEYSTORE_UNREADABLE, KEYSTORE_PASSWORD; none says anything of a key's digits
 */
export async function readPrivateKey(
  source: PrivateKeySource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { privateKey, privateKeyFile, privateKeyEnv, keystore } = source;
  if (privateKey !== undefined) return privateKey;
  const fromEnv = privateKeyEnv === undefined ? undefined : env[privateKeyEnv];
  if (fromEnv !== undefined) return checked(fromEnv, `the variable ${privateKeyEnv}`);
  if (privateKeyFile !== undefined) return checked(await readKeyFile(privateKeyFile), privateKeyFile);
  if (keystore !== undefined) {
    // It brings ethers, and a service speaks before that is loaded.
    const { readKeystore } = await import('./keystore.ts');
    return readKeystore({ ...source, keystore }, env);
  }
  const empty = privateKeyEnv === undefined ? '' : `; the variable ${privateKeyEnv} is not set`;
  throw new ConfigError('PRIVATE_KEY_MISSING', `an account is needed to act as, no key was given${empty}`, {
    hint: 'Set private-key-file, keystore, or private-key-env and that variable.',
  });
}

function checked(text: string, where: string): string {
  const key = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) {
    keepSecret(key);
    return key;
  }
  throw new ConfigError('PRIVATE_KEY_MALFORMED', `expected 0x and 64 hexadecimal digits in ${where}`);
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('PRIVATE_KEY_MISSING', `the private key file ${file} can't be read`, { cause });
  }
}

/** The same for whoever may do without: undefined where no setting names a key. */
export async function readOptionalKey(
  source: PrivateKeySource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const { privateKey, privateKeyFile, privateKeyEnv, keystore } = source;
  const named = [privateKey, privateKeyFile, privateKeyEnv, keystore].some(
    (setting) => setting !== undefined,
  );
  return named ? readPrivateKey(source, env) : undefined;
}
