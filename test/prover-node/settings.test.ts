import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeSettings, redactSettings, resolveSettings } from '../../protocol/config.ts';
import { nodeSettings, type NodeSettings } from '../../prover-node/settings.ts';

const KEY = `0x${'ab'.repeat(32)}`;
const example = fileURLToPath(new URL('../../prover-node/node.example.toml', import.meta.url));

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
    expect(values.backend).toBe('native-js');
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
