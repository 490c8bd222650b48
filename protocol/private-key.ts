import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ConfigError } from './errors.ts';

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
};

export interface PrivateKeySource {
  readonly privateKey?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  readonly privateKeyEnv?: string | undefined;
}

/**
 * The account's private key, from the setting, the variable or the file that the settings name.
 * @throws ConfigError PRIVATE_KEY_MISSING, PRIVATE_KEY_MALFORMED; neither says anything of a key's digits
 */
export async function readPrivateKey(
  { privateKey, privateKeyFile, privateKeyEnv }: PrivateKeySource,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (privateKey !== undefined) return privateKey;
  const fromEnv = privateKeyEnv === undefined ? undefined : env[privateKeyEnv];
  if (fromEnv !== undefined) return checked(fromEnv, `the variable ${privateKeyEnv}`);
  if (privateKeyFile !== undefined) return checked(await readKeyFile(privateKeyFile), privateKeyFile);
  const empty = privateKeyEnv === undefined ? '' : `; the variable ${privateKeyEnv} is not set`;
  throw new ConfigError('PRIVATE_KEY_MISSING', `an account is needed to act as, no key was given${empty}`, {
    hint: 'Set private-key-file, or private-key-env and that variable.',
  });
}

function checked(text: string, where: string): string {
  const key = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(key)) return key;
  throw new ConfigError('PRIVATE_KEY_MALFORMED', `expected 0x and 64 hexadecimal digits in ${where}`);
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('PRIVATE_KEY_MISSING', `the private key file ${file} can't be read`, { cause });
  }
}
