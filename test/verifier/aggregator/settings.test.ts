import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { resolveSettings } from '../../../protocol/config.ts';
import { readPrivateKey } from '../../../protocol/private-key.ts';
import { aggregatorSettings } from '../../../verifier/aggregator/settings.ts';
import { gasInAsset } from '../../../verifier/aggregator/settle/profit.ts';

const example = fileURLToPath(new URL('../../../verifier/aggregator.example.toml', import.meta.url));

describe('the example of an aggregator’s settings', () => {
  test('holds the defaults, and a way to the key', () => {
    const { values, origins } = resolveSettings(aggregatorSettings, {
      service: 'aggregator',
      file: example,
    });
    const { privateKeyEnv, ...others } = values;
    expect(privateKeyEnv).toBe('AGGREGATOR_KEY');
    expect(others).toEqual(aggregatorSettings.parse({}));
    expect(origins.maxBatch).toBe('file');
  });

  test('goes after flags and environment', () => {
    const { values } = resolveSettings(aggregatorSettings, {
      service: 'aggregator',
      file: example,
      env: { SLICEPROOF_AGGREGATOR_MAX_AGE_SECONDS: '5', SLICEPROOF_MAX_BATCH: '6' },
      flags: { maxBatch: '7' },
    });
    expect(values).toMatchObject({ maxBatch: 7, maxAgeSeconds: 5 });
  });
});

describe('the account’s key', () => {
  const key = `0x${'5a'.repeat(32)}`;
  test('comes from the setting, or the variable that is named', async () => {
    expect(await readPrivateKey({ privateKey: key }, {})).toBe(key);
    expect(await readPrivateKey({ privateKeyEnv: 'KEY' }, { KEY: `${key}\n` })).toBe(key);
  });
  test('is never shown when it is refused', async () => {
    const wrong = readPrivateKey({ privateKeyEnv: 'KEY' }, { KEY: 'secret' });
    await expect(wrong).rejects.toThrow(expect.objectContaining({ code: 'PRIVATE_KEY_MALFORMED' }));
    await expect(wrong).rejects.not.toThrow(/secret/);
    for (const source of [{}, { privateKeyEnv: 'KEY' }, { privateKeyFile: '/nowhere/key' }]) {
      const missing = readPrivateKey(source, {});
      await expect(missing).rejects.toThrow(expect.objectContaining({ code: 'PRIVATE_KEY_MISSING' }));
    }
  });
});

test('gas in the asset is rounded up', () => {
  expect(gasInAsset(10n ** 18n, 2_500n)).toBe(2_500n);
  expect(gasInAsset(1n, 2_500n)).toBe(1n);
  expect(gasInAsset(0n, 2_500n)).toBe(0n);
});
