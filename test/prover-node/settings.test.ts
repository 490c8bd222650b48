import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeSettings, redactSettings, resolveSettings } from '../../protocol/config.ts';
import { nodeSettings, readPrivateKey, type NodeSettings } from '../../prover-node/settings.ts';

const KEY = `0x${'ab'.repeat(32)}`;
const example = fileURLToPath(new URL('../../prover-node/node.example.toml', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'node-settings-'));
});
afterEach(() => rm(folder, { recursive: true }));

function settings(flags: Readonly<Record<string, unknown>>): NodeSettings {
  return resolveSettings(nodeSettings, { service: 'node', flags }).values;
}

describe('settings of a node', () => {
  test('the example file is one, and names every setting that has a default', () => {
    const { values, origins } = resolveSettings(nodeSettings, { service: 'node', file: example });
    expect(values).toMatchObject({
      name: 'north',
      roles: ['execute', 'prove'],
      costPerSecond: 1_000n,
      assetPerNative: 3_000_000n,
      privateKeyEnv: 'NORTH_KEY',
      statusPort: 9100,
    });
    const withDefault = describeSettings(nodeSettings, 'node').filter(
      (one) => one.defaultValue !== undefined,
    );
    const missing = withDefault.filter(({ key }) => origins[key] !== 'file').map(({ key }) => key);
    expect(missing).toEqual(['models']);
  });

  test('amounts above what a double holds are kept exactly', () => {
    expect(settings({ costPerSecond: '2500000000000000000001' }).costPerSecond).toBe(2500000000000000000001n);
  });

  test('a setting that can’t be is named', () => {
    expect(() => settings({ roles: 'dance' })).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    expect(() => settings({ costPerSecond: '-1' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  test('secrets are hidden when they are shown', () => {
    const shown = redactSettings(nodeSettings, settings({ privateKey: KEY, storeToken: 'open sesame' }));
    expect(JSON.stringify(shown, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).not.toMatch(
      /abab|sesame/,
    );
  });
});

describe('the private key', () => {
  test('comes from the setting, the named variable or the file', async () => {
    const file = path.join(folder, 'key');
    await writeFile(file, `${KEY}\n`);
    expect(await readPrivateKey(settings({ privateKey: KEY }), {})).toBe(KEY);
    expect(await readPrivateKey(settings({ privateKeyEnv: 'NORTH_KEY' }), { NORTH_KEY: KEY })).toBe(KEY);
    expect(await readPrivateKey(settings({ privateKeyFile: file }), {})).toBe(KEY);
  });

  test('is asked for when there is none, and never repeated when it is broken', async () => {
    await expect(readPrivateKey(settings({}), {})).rejects.toMatchObject({ code: 'NODE_NO_KEY' });
    await expect(
      readPrivateKey(settings({ privateKeyFile: path.join(folder, 'none') }), {}),
    ).rejects.toMatchObject({ code: 'NODE_NO_KEY' });
    const broken = readPrivateKey(settings({ privateKeyEnv: 'NORTH_KEY' }), { NORTH_KEY: 'c0ffee' });
    await expect(broken).rejects.toMatchObject({ code: 'NODE_KEY_MALFORMED' });
    await expect(broken).rejects.not.toThrow(/c0ffee/);
  });
});
