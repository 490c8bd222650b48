import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encryptKeystoreJson, Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeystore } from '../../protocol/keystore.ts';
import { readOptionalKey, readPrivateKey } from '../../protocol/private-key.ts';

const { address, privateKey } = new Wallet(`0x${'5a'.repeat(32)}`);
const nobody = (): Promise<undefined> => Promise.resolve(undefined);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

let folder: string;
let keystore: string;
const inFolder = async (name: string, content: string): Promise<string> => {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
};
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-keystore-'));
  // Wallets make the password a thousand times dearer to guess.
  const encrypted = await encryptKeystoreJson({ address, privateKey }, 'correct horse', {
    scrypt: { N: 1024, r: 8, p: 1 },
  });
  keystore = await inFolder('key.json', encrypted);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an encrypted keystore file', () => {
  it('opens with a password from a variable, a file’s first line, or a person', async () => {
    const keystorePasswordFile = await inFolder('password', 'correct horse\nand what else\n');
    expect(await readKeystore({ keystore, keystorePasswordEnv: 'P' }, { P: 'correct horse' }, nobody)).toBe(
      privateKey,
    );
    expect(await readKeystore({ keystore, keystorePasswordFile }, {}, nobody)).toBe(privateKey);
    expect(await readKeystore({ keystore }, {}, () => Promise.resolve('correct horse'))).toBe(privateKey);
  });

  it('is one of the ways to name an account', async () => {
    const source = { keystore, keystorePasswordEnv: 'P' };
    expect(await readPrivateKey(source, { P: 'correct horse' })).toBe(privateKey);
    expect(await readOptionalKey(source, { P: 'correct horse' })).toBe(privateKey);
    expect(await readOptionalKey({}, {})).toBeUndefined();
  });

  it('is refused by name, and the password isn’t shown', async () => {
    const open = (source: object, env = {}): Promise<string> =>
      readKeystore({ keystore, ...source }, env, nobody);
    const wrong = open({ keystorePasswordEnv: 'P' }, { P: 'wrong horse' });
    await expect(wrong).rejects.toEqual(code('KEYSTORE_PASSWORD'));
    await expect(wrong).rejects.not.toThrow(/wrong horse/);
    await expect(open({})).rejects.toEqual(code('KEYSTORE_PASSWORD'));
    await expect(open({ keystorePasswordFile: path.join(folder, 'nowhere') })).rejects.toEqual(
      code('KEYSTORE_PASSWORD'),
    );
    await expect(open({ keystore: path.join(folder, 'nowhere') })).rejects.toEqual(
      code('KEYSTORE_UNREADABLE'),
    );
    await expect(open({ keystore: await inFolder('plain', privateKey) })).rejects.toEqual(
      code('KEYSTORE_UNREADABLE'),
    );
  });
});
