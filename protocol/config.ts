import { readFileSync } from 'node:fs';
import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { ConfigError } from './errors.ts';

declare module 'zod' {
  interface GlobalMeta {
    /** What a number counts, e.g. `milliseconds`. */
    unit?: string;
    /** Never shown: a key, a password, an address that carries one. */
    secret?: boolean;
    /** A name of the environment that is in common use for this setting, besides our own. */
    env?: string;
  }
}

/** Which service's settings; also the table of the file and the middle of the environment's names. */
export const SERVICES = ['indexer', 'node', 'aggregator', 'client', 'store', 'model'] as const;
export type Service = (typeof SERVICES)[number];

export type Origin = 'flag' | 'environment' | 'file' | 'default';

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
 * service at once, `SLICEPROOF_POLL_SECONDS` in the environment; `poll-seconds` in the file, at its top or in
 * the table `[indexer]`, which goes before the top. Lists are separated by commas in flags and environment.
 *
 * @param schema an object of settings, each with `.describe(…)` and, where it fits, `.meta({ unit, secret, env })`
 * @throws ConfigError `CONFIG_FILE_UNREADABLE`, `CONFIG_FILE_INVALID`, `CONFIG_UNKNOWN_SETTING`, `CONFIG_INVALID`
 */
export function resolveSettings<S extends z.ZodObject>(
  schema: S,
  sources: SettingsSources,
): Settings<z.infer<S>> {
  const shape = schema.shape as Shape;
  const { service, flags = {}, env = {} } = sources;
  const from = sources.file ?? env[`SLICEPROOF_${service.toUpperCase()}_CONFIG`] ?? env['SLICEPROOF_CONFIG'];
  const file = from === undefined ? {} : readSettingsFile(from, shape, service);
  const raw: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const spelled: Record<string, string> = {};
  for (const [key, type] of Object.entries(shape)) {
    const variable = environmentNames(key, type, service).find((name) => (env[name] ?? '') !== '');
    if (flags[key] !== undefined) {
      raw[key] = fromText(type, flags[key]);
      origins[key] = 'flag';
      spelled[key] = `--${kebab(key)}`;
    } else if (variable !== undefined) {
      raw[key] = fromText(type, env[variable]);
      origins[key] = 'environment';
      spelled[key] = variable;
    } else if (key in file) {
      raw[key] = file[key];
      origins[key] = 'file';
      spelled[key] = `${kebab(key)} in ${String(from)}`;
    } else {
      origins[key] = 'default';
      spelled[key] = `--${kebab(key)}`;
    }
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) throw invalid(parsed.error, shape, raw, spelled);
  return { values: parsed.data, origins };
}

/** The settings of a service in the order of its schema. */
export function describeSettings(schema: z.ZodObject, service: Service): readonly SettingDescription[] {
  return Object.entries(schema.shape as Shape).map(([key, type]) => {
    const meta = metaOf(type);
    const absent = type.safeParse(undefined);
    return {
      key,
      flag: `--${kebab(key)}`,
      env: environmentNames(key, type, service),
      file: kebab(key),
      description: meta.description ?? '',
      unit: meta.unit,
      secret: meta.secret === true,
      defaultValue: absent.success ? absent.data : undefined,
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
      return [key, secret && value !== undefined && value !== '' ? '***' : value];
    }),
  );
}

function readSettingsFile(path: string, shape: Shape, service: Service): Readonly<Record<string, unknown>> {
  const document = parseFile(path);
  const keys = new Map(Object.keys(shape).map((key) => [kebab(key), key]));
  const found: Record<string, unknown> = {};
  const take = (table: Readonly<Record<string, unknown>>, where: string): void => {
    for (const [name, value] of Object.entries(table)) {
      const key = keys.get(name);
      if (key === undefined) throw unknownSetting(name, where, [...keys.keys()]);
      found[key] = value;
    }
  };
  const isService = (name: string): boolean => !keys.has(name) && SERVICES.some((known) => known === name);
  const own = document[service];
  take(Object.fromEntries(Object.entries(document).filter(([name]) => !isService(name))), path);
  if (isService(service) && own !== undefined) {
    if (!isTable(own)) throw unknownSetting(service, path, [...keys.keys()]);
    take(own, `[${service}] of ${path}`);
  }
  return found;
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
  spelled: Readonly<Record<string, string>>,
): ConfigError {
  const lines = error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '');
    if (key in shape && raw[key] === undefined) {
      return `${spelled[key]} is missing (${metaOf(shape[key]).description ?? 'no description'})`;
    }
    return `${spelled[key] ?? key}: ${issue.message}`;
  });
  return new ConfigError('CONFIG_INVALID', `Settings that can't be used: ${lines.join('; ')}.`, {
    hint: 'See --help for what each setting means.',
    details: { settings: error.issues.map((issue) => String(issue.path[0] ?? '')) },
  });
}

function environmentNames(key: string, type: z.ZodType, service: Service): readonly string[] {
  const name = kebab(key).replaceAll('-', '_').toUpperCase();
  const common = metaOf(type).env;
  const own = [`SLICEPROOF_${service.toUpperCase()}_${name}`, `SLICEPROOF_${name}`];
  return common === undefined ? own : [...own, common];
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
  if (type instanceof z.ZodNumber) return value.trim() === '' ? value : Number(value);
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
