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
      costPerSecond: 500_000_000_000_000n,
      assetPerNative: 2_500n * 10n ** 18n,
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

  test('amounts are those of the asset as people write them, kept exactly, and anything else is named', () => {
    expect(settings({ costPerSecond: '2500.000000000000000001' }).costPerSecond).toBe(
      2500000000000000000001n,
    );
    expect(settings({ costPerSecond: 0.001 }).costPerSecond).toBe(10n ** 15n);
    for (const wrong of [1e-7, '1e-7', '0.0000000000000000001', '.5', '5.', '-1', ' 1', '1_000']) {
      expect(() => settings({ costPerSecond: wrong }), String(wrong)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    }
    // The chain's own coin is counted in wei.
    expect(settings({ keeperBudget: '50000000000000000' }).keeperBudget).toBe(5n * 10n ** 16n);
    // They are shown as they are written: what is copied from there means the same.
    const written = { costPerSecond: '0.0005', maxUnitPrice: '0.0000001', maxBond: '50' };
    const shown = redactSettings(nodeSettings, settings(written));
    expect(shown).toMatchObject({ ...written, minProfit: '0', keeperBudget: 5n * 10n ** 16n });
    expect(settings({ costPerSecond: shown['costPerSecond'] })).toMatchObject({
      costPerSecond: 500_000_000_000_000n,
    });
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
