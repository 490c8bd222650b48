import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { decryptKeystoreJson } from 'ethers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveSettings } from '../../protocol/config.ts';
import { answersOf } from '../../prover-node/init/ask.ts';
import { nodeSettings } from '../../prover-node/settings.ts';
import { sliceproof } from '../support/sliceproof.ts';

let folder: string;
const at = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'node-init-'));
  await writeFile(at('password'), 'open sesame\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const init = (out: string, ...flags: string[]) =>
  sliceproof(['node', 'init', '--json', '--out', at(out), ...flags]);

describe('node init', () => {
  test('writes what was named, so that it comes out as it went in, and a key for its owner alone', async () => {
    const flags = ['--name', 'north', '--rpc', 'https://rpc.example/v3/key,http://127.0.0.1:8545'];
    const more = [
      '--roles',
      'execute,prove',
      '--cost-per-second',
      '12.345678901234567890',
      '--rpc-rate',
      '2.5',
    ];
    const { stdout, code } = await init(
      'north.toml',
      ...flags,
      ...more,
      '--keystore-password-file',
      at('password'),
    );
    expect(code).toBe(0);
    const { account, keystore } = JSON.parse(stdout) as { account: string; keystore: string };
    const { values, origins } = resolveSettings(nodeSettings, { service: 'node', file: at('north.toml') });
    expect(values).toMatchObject({
      name: 'north',
      rpc: 'https://rpc.example/v3/key,http://127.0.0.1:8545',
      roles: ['execute', 'prove'],
      costPerSecond: 12345678901234567890n,
      rpcRate: 2.5,
      keystore,
    });
    // Defaults of a later version count.
    expect(origins).toMatchObject({ name: 'file', workers: 'default', bidding: 'default' });
    expect(keystore).toBe(at('north.keystore.json'));
    const { address } = await decryptKeystoreJson(await readFile(keystore, 'utf8'), 'open sesame');
    expect(address).toBe(account);
    for (const file of [at('north.toml'), keystore]) expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('writes over nothing, neither settings nor a key', async () => {
    const before = await readFile(at('north.toml'), 'utf8');
    const password = ['--keystore-password-file', at('password')];
    expect((await init('north.toml', ...password)).stdout).toContain('NODE_INIT_EXISTS');
    // Another file, whose key would have the same name.
    expect((await init('other.toml', '--name', 'north', ...password)).stdout).toContain('NODE_INIT_EXISTS');
    expect(await readFile(at('north.toml'), 'utf8')).toBe(before);
    await expect(stat(at('other.toml'))).rejects.toThrow('ENOENT');
  });

  test('takes a key that there is, and never writes one down', async () => {
    const key = `0x${'ab'.repeat(32)}`;
    await writeFile(at('key'), key);
    const { stdout } = await init('east.toml', '--private-key-file', at('key'));
    expect(JSON.parse(stdout)).toMatchObject({ keystore: null });
    expect(await readFile(at('east.toml'), 'utf8')).not.toContain(key);
    const refused = await init('west.toml', '--private-key', key);
    expect(refused.stdout).toContain('NODE_INIT_KEY');
    expect(refused.stdout + refused.stderr).not.toContain(key);
  });

  test('says by name that it has no password for a new key', async () => {
    await writeFile(at('empty'), '');
    for (const flags of [[], ['--keystore-password-file', at('empty')]]) {
      const { stdout, code } = await init('south.toml', ...flags);
      expect(stdout).toContain('NODE_INIT_PASSWORD');
      expect(code).toBe(1);
    }
  });
});

describe('at a terminal', () => {
  const open = () => ({
    input: Object.assign(new PassThrough(), { isTTY: true }),
    output: Object.assign(new PassThrough(), { isTTY: true }),
  });

  test('asks for what nothing names, and again for what can’t be used', async () => {
    const place = open();
    let shown = '';
    const lines = ['nonsense', 'http://127.0.0.1:1', '', '', 'prove', '', '7', ''];
    place.output.on('data', (part: Buffer) => {
      shown += part.toString();
      if (part.toString().endsWith(']: ')) place.input.write(`${lines.shift() ?? ''}\n`);
    });
    const answers = await answersOf({ name: 'north' }, place);
    expect(answers).toEqual({ name: 'north', rpc: 'http://127.0.0.1:1', roles: 'prove', depositTarget: '7' });
    expect(shown).toContain('expected addresses that start with http');
    expect(lines).toEqual([]);
  });

  test('asks nothing that was named', async () => {
    const place = open();
    let asked = 0;
    place.output.on('data', (part: Buffer) => {
      if (!part.toString().endsWith(']: ')) return;
      asked++;
      place.input.write('\n');
    });
    const named = { rpc: 'http://127.0.0.1:1', dataDir: folder, roles: 'prove' };
    expect(await answersOf(named, place)).toEqual(named);
    expect(asked).toBe(4);
  });
});
