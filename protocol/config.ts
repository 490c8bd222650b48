import { readFileSync } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { marketSettings, storeSettings } from './common-settings.ts';
import { ConfigError } from './errors.ts';
import { keepAddressSecret, keepCredentials, keepSecret, withoutSecrets } from './secrets.ts';
import { textOfAmount } from './contracts/ledger-units.ts';

declare module 'zod' {
  interface GlobalMeta {
    /** What a number counts, e.g. `milliseconds`. */
    unit?: string;
    /** It is an amount of the market's asset, which counts in 10^-18 of it. */
    amount?: boolean;
    /** Never shown: a key, a password, an address that carries one. */
    secret?: boolean;
    /** A name of the environment that other programs use too: it goes after the file, before the default. */
    env?: string;
    /** What several settings answer in different ways, e.g. where the database is: the one named first counts. */
    answers?: string;
  }
}

/** Which service's settings; also the table of the file and the middle of the environment's names. */
export const SERVICES = ['indexer', 'node', 'worker', 'aggregator', 'client', 'store', 'model'] as const;
export type Service = (typeof SERVICES)[number];

/** `unused`: it was named, but another setting that answers the same was named in a place that goes before. */
export type Origin = 'flag' | 'environment' | 'file' | 'default' | 'unused';

export interface SettingsSources {
  readonly service: Service;
  /** As commander gives them: camelCase; text is turned into what the schema asks for. Undefined: not given. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of a TOML file; left out: what SLICEPROOF_NODE_CONFIG, say, or SLICEPROOF_CONFIG names. */
  readonly file?: string | undefined;
}

export interface Settings<T> {
  readonly values: T;
  /** Where each value came from. */
  readonly origins: Readonly<Record<string, Origin>>;
}

/** One setting as documentation: `config print` and `--help` are made of these. */
export interface SettingDescription {
  readonly key: string;
  readonly flag: string;
  /** Every name it has in the environment; the first that is set counts. */
  readonly env: readonly string[];
  /** Its name in the file. */
  readonly file: string;
  readonly description: string;
  readonly unit: string | undefined;
  readonly secret: boolean;
  /** Undefined when there is none. */
  readonly defaultValue: unknown;
}

type Shape = Readonly<Record<string, z.ZodType>>;

/**
 * Settles each setting of a service: flag, else environment, else file, else the schema's default.
 *
 * A setting `pollSeconds` is `--poll-seconds` as a flag; `SLICEPROOF_INDEXER_POLL_SECONDS` or, for every
 * service at once, `SLICEPROOF_POLL_SECONDS` in the environment; `poll-seconds` in the file, in the table
 * `[indexer]` or at its top. A name that other programs use too (`DATABASE_URL`) goes after the file: what was named
 * for this project is never overridden by it. Of settings that answer the same question (`meta.answers`) the ones named
 * in the first of these places count, others that may be left out are. Lists are separated by commas in flags and
 * environment.
 *
 * @param schema an object of settings, each with `.describe(…)` and, where it fits, `.meta({ unit, secret, env, answers })`
 * @throws ConfigError `CONFIG_FILE_UNREADABLE`, `CONFIG_FILE_INVALID`, `CONFIG_UNKNOWN_SETTING`, `CONFIG_INVALID`
 */
export function resolveSettings<S extends z.ZodObject>(
  schema: S,
  sources: SettingsSources,
): Settings<z.infer<S>> {
  const shape = schema.shape as Shape;
  const named = Object.fromEntries(
    Object.entries(placesOf(shape, sources)).flatMap(([key, places]) => {
      const rank = places.findIndex(({ value }) => value !== undefined);
      return rank < 0 ? [] : [[key, { rank, ...places[rank] }] as const];
    }),
  );
  const unused = new Set(
    Object.keys(named).filter((key) => {
      const { answers } = metaOf(shape[key]);
      return (
        answers !== undefined &&
        shape[key].safeParse(undefined).data === undefined &&
        Object.entries(named).some(
          ([other, { rank, value }]) =>
            metaOf(shape[other]).answers === answers && value !== '' && rank < named[key].rank,
        )
      );
    }),
  );
  const given = (key: string): Place | undefined => (unused.has(key) ? undefined : named[key]);
  const raw = Object.fromEntries(Object.keys(shape).map((key) => [key, given(key)?.value]));
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    throw invalid(parsed.error, shape, raw, (key) => given(key)?.spelled ?? `--${kebab(key)}`);
  }
  keepSecretsOf(shape, parsed.data);
  return {
    values: parsed.data,
    origins: Object.fromEntries(
      Object.keys(shape).map((key) => [key, unused.has(key) ? 'unused' : (named[key]?.origin ?? 'default')]),
    ),
  };
}

/** From now on no log and no error shows what is secret of the settings, or within an address among them. */
function keepSecretsOf(shape: Shape, values: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(values)) {
    const secret = metaOf(shape[key]).secret === true;
    for (const text of [value].flat()) {
      if (typeof text !== 'string') continue;
      for (const one of secret ? text.split(',') : [text]) {
        const address = one.trim();
        // The path of an RPC may be its key; that of a database is its name.
        if (secret && /^https?:/.test(address)) keepAddressSecret(address);
        else if (secret && !/^\w+:\/\//.test(address)) keepSecret(address);
        else keepCredentials(address);
      }
    }
  }
}

/** A place where a setting can be named, and what is there. */
interface Place {
  readonly value: unknown;
  readonly origin: Origin;
  /** How the place is called in a message. */
  readonly spelled: string;
}

/** Every place of every setting, the one that goes before the others first. */
function placesOf(shape: Shape, sources: SettingsSources): Readonly<Record<string, readonly Place[]>> {
  const { service, flags = {}, env = {} } = sources;
  const from = sources.file ?? env[`SLICEPROOF_${service.toUpperCase()}_CONFIG`] ?? env['SLICEPROOF_CONFIG'];
  const file = from === undefined ? { table: {}, top: {} } : readSettingsFile(from, shape, service);
  return Object.fromEntries(
    Object.entries(shape).map(([key, type]) => {
      const variable = (name: string): Place => ({
        value: (env[name] ?? '') === '' ? undefined : fromText(type, env[name]),
        origin: 'environment',
        spelled: name,
      });
      const inFile = (table: Readonly<Record<string, unknown>>): Place => ({
        value: table[key],
        origin: 'file',
        spelled: `${kebab(key)} in ${String(from)}`,
      });
      const { own, general } = environmentNames(key, type, service);
      const flag = { value: fromText(type, flags[key]), origin: 'flag', spelled: `--${kebab(key)}` } as const;
      return [
        key,
        [flag, ...own.map(variable), inFile(file.table), inFile(file.top), ...general.map(variable)],
      ];
    }),
  );
}

/** The settings of a service in the order of its schema. */
export function describeSettings(schema: z.ZodObject, service: Service): readonly SettingDescription[] {
  return Object.entries(schema.shape as Shape).map(([key, type]) => {
    const meta = metaOf(type);
    const absent = type.safeParse(undefined);
    return {
      key,
      flag: `--${kebab(key)}`,
      env: Object.values(environmentNames(key, type, service)).flat(),
      file: kebab(key),
      description: meta.description ?? '',
      unit: meta.unit,
      secret: meta.secret === true,
      defaultValue: absent.success ? asWritten(type, absent.data) : undefined,
    };
  });
}

/** The same values with every secret that is set shown as `***`, fit for a screen or a log. */
export function redactSettings(
  schema: z.ZodObject,
  values: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const shape = schema.shape as Shape;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const secret = key in shape && metaOf(shape[key]).secret === true;
      if (secret && value !== undefined && value !== '') return [key, '***'];
      return [key, key in shape ? asWritten(shape[key], value) : value];
    }),
  );
}

/** Settings of many services: at the top of a file for all of them, one that hasn't got them passes over them. */
const COMMON = new Set(Object.keys({ ...marketSettings, ...storeSettings }).map(kebab));

/** What a file says in the service's own table and at its top. */
interface SettingsFile {
  readonly table: Readonly<Record<string, unknown>>;
  readonly top: Readonly<Record<string, unknown>>;
}

function readSettingsFile(path: string, shape: Shape, service: Service): SettingsFile {
  const document = parseFile(path);
  const keys = new Map(Object.keys(shape).map((key) => [kebab(key), key]));
  const take = (table: Readonly<Record<string, unknown>>, where: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(table).map(([name, value]) => {
        const key = keys.get(name);
        if (key === undefined) throw unknownSetting(name, where, [...keys.keys()]);
        return [key, value];
      }),
    );
  const isElsewhere = (name: string): boolean =>
    !keys.has(name) && (COMMON.has(name) || SERVICES.some((known) => known === name));
  const top = take(Object.fromEntries(Object.entries(document).filter(([name]) => !isElsewhere(name))), path);
  const own = keys.has(service) ? undefined : document[service];
  if (isTable(own)) return { table: take(own, `[${service}] of ${path}`), top };
  if (own === undefined || COMMON.has(service)) return { table: {}, top };
  throw unknownSetting(service, path, [...keys.keys()]);
}

function parseFile(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError('CONFIG_FILE_UNREADABLE', `The settings file ${path} can't be read.`, {
      hint: 'Check the path given with --config.',
      details: { path },
      cause,
    });
  }
  try {
    return parseToml(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    // The parser's message quotes the line, which may hold a key: only its first line is repeated.
    throw new ConfigError('CONFIG_FILE_INVALID', `The settings file ${path} is not TOML: ${reason}`, {
      details: { path },
    });
  }
}

function unknownSetting(name: string, where: string, known: readonly string[]): ConfigError {
  const near = known.find((candidate) => distance(candidate, name) <= 2);
  return new ConfigError('CONFIG_UNKNOWN_SETTING', `There is no setting \`${name}\` (${where}).`, {
    hint: near === undefined ? `Known: ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
    details: { name, where },
  });
}

function invalid(
  error: z.ZodError,
  shape: Shape,
  raw: Readonly<Record<string, unknown>>,
  spelled: (key: string) => string,
): ConfigError {
  const lines = error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '');
    if (key in shape && raw[key] === undefined) {
      return `${spelled(key)} is missing (${metaOf(shape[key]).description ?? 'no description'})`;
    }
    const secret = key in shape && metaOf(shape[key]).secret === true;
    return `${spelled(key)}: ${issue.message}${secret ? '' : `, got ${partAt(raw[key], issue.path.slice(1))}`}`;
  });
  return new ConfigError('CONFIG_INVALID', `Settings that can't be used: ${lines.join('; ')}.`, {
    hint: 'See --help for what each setting means.',
    details: { settings: error.issues.map((issue) => String(issue.path[0] ?? '')) },
  });
}

/** What was given, or the part of it that a fault is in, not too much of it. */
function partAt(given: unknown, path: readonly PropertyKey[]): string {
  const part = path.reduce<unknown>(
    (at, name) => (at as Record<PropertyKey, unknown> | undefined)?.[name],
    given,
  );
  return withoutSecrets((JSON.stringify(part) ?? 'nothing').slice(0, 80));
}

/** Our own names, the service's before the one for all; and the name that other programs use too, if there is one. */
function environmentNames(
  key: string,
  type: z.ZodType,
  service: Service,
): { readonly own: readonly string[]; readonly general: readonly string[] } {
  const name = kebab(key).replaceAll('-', '_').toUpperCase();
  const general = metaOf(type).env;
  return {
    own: [`SLICEPROOF_${service.toUpperCase()}_${name}`, `SLICEPROOF_${name}`],
    general: general === undefined ? [] : [general],
  };
}

/** A setting's value as people write it: amounts of the asset as amounts. */
export function asWritten(type: z.ZodType, value: unknown): unknown {
  if (metaOf(type).amount !== true || typeof value !== 'bigint') return value;
  return textOfAmount(value);
}

/** Descriptions may be written before or after `.default()` and `.optional()`; the outer one counts. */
function metaOf(type: z.ZodType): z.GlobalMeta {
  const inner = innerType(type);
  return { ...(inner === undefined ? {} : metaOf(inner)), ...type.meta() };
}

function innerType(type: z.ZodType): z.ZodType | undefined {
  if (type instanceof z.ZodDefault || type instanceof z.ZodOptional || type instanceof z.ZodNullable) {
    return type.unwrap() as z.ZodType;
  }
  if (type instanceof z.ZodPipe) return type.in as z.ZodType;
  return undefined;
}

/** Text from a flag or the environment as what the schema asks for; what can't be turned stays for zod to refuse. */
function fromText(type: z.ZodType, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const inner = innerType(type);
  if (inner !== undefined) return fromText(inner, value);
  if (type instanceof z.ZodNumber)
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim()) ? Number(value) : value;
  if (type instanceof z.ZodBigInt) return /^-?\d+$/.test(value) ? BigInt(value) : value;
  if (type instanceof z.ZodBoolean) {
    if (['true', '1', 'yes'].includes(value)) return true;
    return ['false', '0', 'no'].includes(value) ? false : value;
  }
  if (type instanceof z.ZodArray) {
    const element = type.element as z.ZodType;
    return value.split(',').map((part) => fromText(element, part.trim()));
  }
  return value;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kebab(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Levenshtein's edit distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
