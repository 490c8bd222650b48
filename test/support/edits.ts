import { z } from 'zod';

/** A document with one change. */
export interface Edit {
  /** Where, and what was done there: `slices[0].proof.price replaced`. */
  readonly what: string;
  readonly path: readonly (string | number)[];
  readonly document: unknown;
}

/**
 * Every field of a document, however deep, changed in each way that its schema lets one think of: another value of its kind,
 * none at all, nothing in its place, one more beside it. What is generated this way has no field that somebody forgot.
 */
export function* editsOf(schema: z.ZodType, document: unknown): Generator<Edit> {
  for (const { path, how, value } of changesOf(schema, document)) {
    const copy = structuredClone(document);
    const edited = withChange(copy, path, value);
    if (JSON.stringify(edited) === JSON.stringify(document)) continue;
    yield { what: `${nameOf(path)} ${how}`, path, document: edited };
  }
}

/** Names of all fields that a schema has, list places left out: `slices[].proof.price`. */
export function fieldsOf(schema: z.ZodType): string[] {
  return leavesOf(schema).map(([name]) => name);
}

/** All fields that a schema has, with what each has to be. */
export function leavesOf(schema: z.ZodType, at = ''): [name: string, type: z.ZodType][] {
  const type = inner(schema);
  if (type instanceof z.ZodObject) {
    return Object.entries(type.shape as Record<string, z.ZodType>).flatMap(([key, part]) =>
      leavesOf(part, at === '' ? key : `${at}.${key}`),
    );
  }
  if (type instanceof z.ZodArray) return leavesOf(type.element as z.ZodType, `${at}[]`);
  return [[at, type]];
}

/** The name that {@link fieldsOf} gives a place. */
export function fieldAt(path: readonly (string | number)[]): string {
  return nameOf(path).replaceAll(/\[\d+\]/g, '[]');
}

const REMOVED = Symbol('removed');

interface Change {
  readonly path: readonly (string | number)[];
  readonly how: string;
  readonly value: unknown;
}

function* changesOf(
  schema: z.ZodType | undefined,
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<Change> {
  const type = schema === undefined ? undefined : inner(schema);
  if (path.length > 0) {
    yield { path, how: 'removed', value: REMOVED };
    if (value !== null) yield { path, how: 'made null', value: null };
    for (const other of othersOf(type, value))
      yield { path, how: `replaced by ${show(other)}`, value: other };
  }
  if (Array.isArray(value)) {
    const element = type instanceof z.ZodArray ? (type.element as z.ZodType) : undefined;
    if (value.length > 0) yield { path: [...path, value.length], how: 'added', value: value[0] as unknown };
    if (value.length > 1) yield { path, how: 'turned round', value: value.toReversed() };
    for (const [i, part] of value.entries()) yield* changesOf(element, part, [...path, i]);
  } else if (typeof value === 'object' && value !== null) {
    const shape = type instanceof z.ZodObject ? (type.shape as Record<string, z.ZodType>) : {};
    yield { path: [...path, 'note'], how: 'added', value: 'of a stranger' };
    for (const [key, part] of Object.entries(value)) yield* changesOf(shape[key], part, [...path, key]);
  }
}

/** Other values that could stand in a field's place. */
function othersOf(type: z.ZodType | undefined, value: unknown): unknown[] {
  if (type instanceof z.ZodEnum) return type.options.filter((option) => option !== value);
  if (typeof value === 'boolean') return [!value];
  if (typeof value === 'number') return [value + 1, value - 1, 0];
  if (typeof value === 'string') return textsLike(value);
  return value === null && type !== undefined ? [sampleOf(type)] : [];
}

/** Texts of the same form, and one of another. */
function textsLike(text: string): string[] {
  const last = text.at(-1) ?? '';
  const next = /[0-8]/.test(last)
    ? String(Number(last) + 1)
    : last === '9' || last === 'f'
      ? '0'
      : `${last}a`;
  return [`${text.slice(0, -1)}${next}`, text.toUpperCase(), text.toLowerCase(), 'is-a-cat'];
}

/** The least that a schema takes. */
function sampleOf(schema: z.ZodType): unknown {
  const type = inner(schema);
  if (type instanceof z.ZodObject) {
    const shape = Object.entries<z.ZodType>(type.shape);
    return Object.fromEntries(shape.map(([key, part]) => [key, sampleOf(part)]));
  }
  if (type instanceof z.ZodEnum) return type.options[0];
  if (type instanceof z.ZodNumber) return 1;
  if (type instanceof z.ZodBoolean) return true;
  if (type instanceof z.ZodArray) return [sampleOf(type.element as z.ZodType)];
  const forms = ['1', `0x${'1'.repeat(40)}`, `0x${'1'.repeat(64)}`, 'x'];
  return forms.find((form) => type.safeParse(form).success) ?? 'x';
}

function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return inner(schema.unwrap() as z.ZodType);
  }
  return schema;
}

function withChange(document: unknown, path: readonly (string | number)[], value: unknown): unknown {
  if (path.length === 0) return value;
  const parent = path.slice(0, -1).reduce((at, key) => (at as Record<string, unknown>)[key], document);
  const key = path[path.length - 1];
  if (value !== REMOVED) (parent as Record<string, unknown>)[key] = value;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<string, unknown>)[key];
  return document;
}

function nameOf(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (name, key) => (typeof key === 'number' ? `${name}[${key}]` : `${name}${name === '' ? '' : '.'}${key}`),
    '',
  );
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 40);
}
