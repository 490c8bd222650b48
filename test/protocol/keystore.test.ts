import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encryptKeystoreJson, Wallet } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readKeystore } from '../../protocol/keystore.ts';
import { readOptionalKey, readPrivateKey } from '../../protocol/private-key.ts';

const { address, privateKey } = new Wallet(`0x${'5a'.repeat(32)}`);
const nobody = (): Promise<undefined> => Promise.resolve(undefined);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

interface Keystore {
  address: string;
  Crypto: { kdfparams: { n: number }; mac?: string; cipher: string };
}

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

  it.each<[string, (key: Keystore) => void]>([
    ['wants more memory than there is', ({ Crypto }) => void (Crypto.kdfparams.n = 2 ** 40)],
    ['wants what scrypt can’t do', ({ Crypto }) => void (Crypto.kdfparams.n = 1000)],
    ['has no checksum', ({ Crypto }) => void delete Crypto.mac],
    ['says that it is another account’s', (key) => void (key.address = '12'.repeat(20))],
    ['is of another cipher', ({ Crypto }) => void (Crypto.cipher = 'rot13')],
  ])('that %s is damaged, and its password not to blame', async (_, change) => {
    const key = JSON.parse(await readFile(keystore, 'utf8')) as Keystore;
    change(key);
    const damaged = { keystore: await inFolder('damaged.json', JSON.stringify(key)) };
    const opened = readKeystore({ ...damaged, keystorePasswordEnv: 'P' }, { P: 'correct horse' }, nobody);
    await expect(opened).rejects.toEqual(code('KEYSTORE_UNREADABLE'));
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
