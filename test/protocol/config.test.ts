import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { describeSettings, redactSettings, resolveSettings } from '../../protocol/config.ts';

const schema = z.object({
  rpc: z
    .url()
    .default('http://127.0.0.1:8545')
    .describe('JSON-RPC address of the chain')
    .meta({ secret: true }),
  pollMilliseconds: z
    .number()
    .int()
    .positive()
    .describe('How often to ask for new blocks')
    .meta({ unit: 'milliseconds' })
    .default(1000),
  executes: z.boolean().default(false).describe('Whether to run models'),
  peers: z.array(z.string()).default([]).describe('Others'),
  databaseUrl: z.string().optional().describe('PostgreSQL').meta({ secret: true, env: 'DATABASE_URL' }),
  account: z.string().describe('Whose node this is'),
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-config-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const name = path.join(folder, 'settings.toml');
  writeFileSync(name, text);
  return name;
}

describe('resolveSettings', () => {
  test('prefers flag over environment over table over top of the file over default', () => {
    const places = ['flag', 'own variable', 'shared variable', 'table', 'top'] as const;
    fc.assert(
      fc.property(fc.subarray([...places]), (given) => {
        const has = (place: (typeof places)[number]): boolean => given.includes(place);
        const { values, origins } = resolveSettings(schema, {
          service: 'indexer',
          flags: { account: 'a', pollMilliseconds: has('flag') ? '1' : undefined },
          env: {
            ...(has('own variable') ? { SLICEPROOF_INDEXER_POLL_MILLISECONDS: '2' } : {}),
            ...(has('shared variable') ? { SLICEPROOF_POLL_MILLISECONDS: '3' } : {}),
          },
          file: file(
            `${has('top') ? 'poll-milliseconds = 5\n' : ''}[indexer]\n${has('table') ? 'poll-milliseconds = 4\n' : ''}`,
          ),
        });
        const first = places.findIndex((place) => has(place));
        expect(values.pollMilliseconds).toBe(first === -1 ? 1000 : first + 1);
        expect(origins.pollMilliseconds).toBe(
          first === -1 ? 'default' : (['flag', 'environment', 'environment', 'file', 'file'] as const)[first],
        );
      }),
    );
  });

  test('turns text into what the schema asks for', () => {
    const { values } = resolveSettings(schema, {
      service: 'node',
      flags: { account: 'a' },
      env: { SLICEPROOF_EXECUTES: 'true', SLICEPROOF_PEERS: 'x, y', DATABASE_URL: 'postgres://h/d' },
    });
    expect(values).toMatchObject({ executes: true, peers: ['x', 'y'], databaseUrl: 'postgres://h/d' });
  });

  test('ignores the tables of other services', () => {
    const { values } = resolveSettings(schema, {
      service: 'indexer',
      file: file('account = "a"\n[node]\nx = 1\n'),
    });
    expect(values.account).toBe('a');
  });

  test('names a setting that does not exist, and the one that was meant', () => {
    const resolve = () => resolveSettings(schema, { service: 'node', file: file('acount = "a"') });
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN_SETTING', hint: 'Did you mean `account`?' }),
    );
  });

  test('names what is missing or wrong by the place it came from, never showing a secret', () => {
    const missing = () => resolveSettings(schema, { service: 'node' });
    expect(missing).toThrow('--account is missing (Whose node this is)');
    const wrong = () =>
      resolveSettings(schema, {
        service: 'node',
        flags: { account: 'a' },
        env: { SLICEPROOF_RPC: 'hunter2' },
      });
    expect(wrong).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(/^(?!.*hunter2).*SLICEPROOF_RPC/) as string,
      }),
    );
  });

  test.each(['', ' ', 'one', 'NaN', 'Infinity', '0x10', '1 0'])('refuses %j as a count', (text) => {
    const resolve = () =>
      resolveSettings(schema, { service: 'node', flags: { account: 'a', pollMilliseconds: text } });
    expect(resolve).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`got ${JSON.stringify(text)}`) as string,
      }),
    );
  });

  test.each(['1.5', '-1'])('refuses %j as a count, which is a number', (text) => {
    const resolve = () =>
      resolveSettings(schema, { service: 'node', flags: { account: 'a', pollMilliseconds: text } });
    expect(resolve).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`got ${text}`) as string,
      }),
    );
  });

  test('names a file that is absent and one that is not TOML', () => {
    const absent = () => resolveSettings(schema, { service: 'node', file: path.join(folder, 'none.toml') });
    expect(absent).toThrow(expect.objectContaining({ code: 'CONFIG_FILE_UNREADABLE' }));
    const broken = () => resolveSettings(schema, { service: 'node', file: file('account = = "secret"') });
    expect(broken).toThrow(
      expect.objectContaining({
        code: 'CONFIG_FILE_INVALID',
        message: expect.not.stringContaining('secret') as string,
      }),
    );
  });
});

test('describeSettings finds descriptions on either side of a default', () => {
  const described = describeSettings(schema, 'indexer');
  expect(described.map((setting) => setting.key)).toEqual(Object.keys(schema.shape));
  expect(described[1]).toEqual({
    key: 'pollMilliseconds',
    flag: '--poll-milliseconds',
    env: ['SLICEPROOF_INDEXER_POLL_MILLISECONDS', 'SLICEPROOF_POLL_MILLISECONDS'],
    file: 'poll-milliseconds',
    description: 'How often to ask for new blocks',
    unit: 'milliseconds',
    secret: false,
    defaultValue: 1000,
  });
  expect(described[4].env).toContain('DATABASE_URL');
});

test('redactSettings hides what is secret and set', () => {
  expect(redactSettings(schema, { rpc: 'http://key@h', account: 'a', databaseUrl: undefined })).toEqual({
    rpc: '***',
    account: 'a',
    databaseUrl: undefined,
  });
});
