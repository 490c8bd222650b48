// One rule for the settings of every service: flag, environment, file, what other programs use too, default.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { indexerService } from '../../indexer/settings.ts';
import {
  describeSettings,
  resolveSettings,
  type Origin,
  type Service,
  type Settings,
} from '../../protocol/config.ts';
import { clientService } from '../../protocol/requester-settings.ts';
import { storeService } from '../../protocol/store/settings.ts';
import { nodeService } from '../../prover-node/settings.ts';
import { workerService } from '../../prover-node/workers/settings.ts';
import { aggregatorService } from '../../verifier/aggregator/settings.ts';

const SERVICES: readonly (readonly [string, { readonly schema: z.ZodObject; readonly service: Service }])[] =
  [
    ['node', nodeService],
    // It has to have a database, which the other settings are tried without.
    ['worker', { ...workerService, schema: workerService.schema.omit({ databaseUrl: true }) }],
    ['aggregator', aggregatorService],
    ['indexer', indexerService],
    ['store', storeService],
    ['commands of a requester', clientService],
  ];

const folder = mkdtempSync(path.join(tmpdir(), 'sliceproof-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In the order in which they count. */
const PLACES = ['flag', 'own variable', 'shared variable', 'table', 'top', 'general variable'] as const;
type Place = (typeof PLACES)[number];
const ORIGINS: Readonly<Record<Place, Origin>> = {
  flag: 'flag',
  'own variable': 'environment',
  'shared variable': 'environment',
  table: 'file',
  top: 'file',
  'general variable': 'environment',
};

/** What a person wrote where. */
type Written = readonly { readonly key: string; readonly place: Place; readonly text: string }[];

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
const kebab = (key: string): string => snake(key).replaceAll('_', '-').toLowerCase();

/** The settings of a service that was told all that. Files hold TOML values, so what is a number there is one. */
function told(
  { schema, service }: { schema: z.ZodObject; service: Service },
  written: Written,
): Settings<Record<string, unknown>> {
  const at = (place: Place): Written => written.filter((one) => one.place === place);
  const lines = (place: Place): string =>
    at(place)
      .map(({ key, text }) => `${kebab(key)} = ${tomlOf(schema, key, text)}\n`)
      .join('');
  const file = path.join(folder, 'settings.toml');
  writeFileSync(file, `${lines('top')}[${service}]\n${lines('table')}`);
  const general: Readonly<Record<string, string>> = { databaseUrl: 'DATABASE_URL' };
  return resolveSettings(schema, {
    service,
    file,
    flags: Object.fromEntries(at('flag').map(({ key, text }) => [key, text])),
    env: Object.fromEntries([
      ...at('own variable').map(({ key, text }) => [
        `SLICEPROOF_${service.toUpperCase()}_${snake(key)}`,
        text,
      ]),
      ...at('shared variable').map(({ key, text }) => [`SLICEPROOF_${snake(key)}`, text]),
      ...at('general variable').map(({ key, text }) => [general[key], text]),
    ]) as Record<string, string>,
  });
}

/** The schema of one setting. */
function only(schema: z.ZodObject, key: string): z.ZodObject {
  return z.object({ [key]: schema.shape[key] as z.ZodType });
}

function tomlOf(schema: z.ZodObject, key: string, text: string): string {
  const { values } = resolveSettings(only(schema, key), {
    service: 'node',
    flags: { [key]: text },
  });
  const value = values[key];
  // As it was written: an amount of the asset is not the number that it comes to.
  return typeof value === 'bigint' ? `"${text}"` : JSON.stringify(value);
}

const TEXTS = [
  ...['http://a.example', 'http://b.example', 'http://c.example', '/one', '/two', 'three', 'four', 'five'],
  ...['1', '2', '3', '4', '5', '6', '64', '1024', 'true', 'false', 'info', 'debug', 'warn'],
  ...[
    'execute',
    'prove',
    'native-js',
    'snarkjs',
    'patient',
    'eager',
    'send',
    'sign',
    'signed',
    'open',
    'writer',
    'reader',
    'cpu',
    'webgpu',
    '0xab=prove {request}',
    'postgres://one.example/proofs',
    'postgres://two.example/proofs',
    'postgres://three.example/proofs',
  ],
  ...['1', '2', '3'].map((digit) => `0x${digit.repeat(64)}`),
  ...['1', '2', '3'].map((digit) => `0x${digit.repeat(40)}`),
];

/** Texts that a setting takes, each another value. */
function textsFor(schema: z.ZodObject, key: string): readonly string[] {
  const one = only(schema, key);
  const found = new Map<string, string>();
  for (const text of TEXTS) {
    try {
      const { values } = resolveSettings(one, { service: 'node', flags: { [key]: text } });
      found.set(String(values[key]), text);
    } catch {
      // Not for this setting.
    }
  }
  return [...found.values()];
}

describe.each(SERVICES)('settings of %s', (_, service) => {
  const settings = describeSettings(service.schema, service.service);
  const cases = settings.map(({ key, env }) => [key, env.length > 2] as const);

  it.each(cases)('%s: of two places the first counts, alone each does', (key, hasGeneral) => {
    const places = hasGeneral ? PLACES : PLACES.slice(0, -1);
    const texts = textsFor(service.schema, key);
    expect(texts.length, `texts that ${key} takes`).toBeGreaterThan(0);
    places.forEach((first, i) => {
      for (const second of places.slice(i)) {
        const written = [
          { key, place: first, text: texts[0] },
          ...(second === first ? [] : [{ key, place: second, text: texts[1 % texts.length] }]),
        ];
        const { values, origins } = told(service, written);
        const expected = resolveSettings(service.schema, {
          service: service.service,
          flags: { [key]: texts[0] },
        });
        expect(values[key], `${first} before ${second}`).toEqual(expected.values[key]);
        expect(origins[key]).toBe(ORIGINS[first]);
      }
    });
  });

  const keys = new Set(settings.map(({ key }) => key));
  // A node's is no place of its own data, but where workers on other machines take its proofs from.
  const database = service.schema.shape.databaseUrl as z.ZodType | undefined;
  const whenDatabase = database?.meta()?.answers === undefined ? () => undefined : it;
  whenDatabase(
    'a folder that is named is never overridden by a database that is named in a later place',
    () => {
      const general = settings.find(({ key }) => key === 'databaseUrl')?.env.includes('DATABASE_URL');
      const urls = general ? PLACES : PLACES.slice(0, -1);
      for (const folderAt of PLACES.slice(0, -1)) {
        for (const urlAt of urls) {
          const { values, origins } = told(service, [
            { key: 'dataDir', place: folderAt, text: '/named' },
            { key: 'databaseUrl', place: urlAt, text: 'postgres://named/db' },
          ]);
          const folderFirst = PLACES.indexOf(folderAt) < PLACES.indexOf(urlAt);
          expect(values.databaseUrl, `data-dir: ${folderAt}, database-url: ${urlAt}`).toBe(
            folderFirst ? undefined : 'postgres://named/db',
          );
          expect(origins.databaseUrl).toBe(folderFirst ? 'unused' : ORIGINS[urlAt]);
          expect(values.dataDir).toBe('/named');
        }
      }
    },
  );

  const whenKeyFile = keys.has('privateKeyFile') ? it : () => undefined;
  whenKeyFile('a key’s file that is named is never overridden by a key in a later place', () => {
    const places = PLACES.slice(0, -1);
    const other = { privateKey: `0x${'1'.repeat(64)}`, privateKeyEnv: 'KEY' };
    for (const [key, text] of Object.entries(other)) {
      for (const [i, fileAt] of places.entries()) {
        for (const [j, otherAt] of places.entries()) {
          const { values } = told(service, [
            { key: 'privateKeyFile', place: fileAt, text: '/key' },
            { key, place: otherAt, text },
          ]);
          expect(values.privateKeyFile).toBe(i <= j ? '/key' : undefined);
          expect(values[key]).toBe(j <= i ? text : undefined);
        }
      }
    }
  });

  it('takes a file for all services, and still names what it doesn’t know', () => {
    const file = path.join(folder, 'all.toml');
    const common = 'rpc = "http://h"\ndeployment = "d.json"\n';
    writeFileSync(file, `${common}${service.service === 'store' ? '' : 'store = ["http://s"]\n'}`);
    expect(() => resolveSettings(service.schema, { service: service.service, file })).not.toThrow();
    writeFileSync(file, `${common}rcp = "http://h"\n`);
    expect(() => resolveSettings(service.schema, { service: service.service, file })).toThrow(
      expect.objectContaining({ code: 'CONFIG_UNKNOWN_SETTING' }),
    );
  });
});
