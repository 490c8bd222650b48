import { GraphQLError } from 'graphql';
import { z } from 'zod';

/** A place in an ordered list: the value of the ordering column, and the id that breaks ties. */
export interface PagePosition {
  readonly column: string;
  /** Digits, with a sign when negative. */
  readonly value: string;
  readonly id: string;
}

const positionSchema = z.tuple([
  z.string().max(40),
  z.string().regex(/^-?\d{1,78}$/),
  z.string().regex(/^[\x20-\x7e]{1,200}$/),
]);

/**
 * Cursors say where, not what: paging goes on at the right place although rows came before it, or the row itself
 * vanished in a reorganisation.
 */
export function writeCursor({ column, value, id }: PagePosition): string {
  return Buffer.from(JSON.stringify([column, value, id])).toString('base64url');
}

/** @throws GraphQLError `GRAPHQL_BAD_CURSOR` when it is none, or one of a list in another order */
export function readCursor(cursor: string, column: string): PagePosition {
  const bad = (why: string): GraphQLError =>
    new GraphQLError(`The cursor in \`after\` ${why}.`, { extensions: { code: 'GRAPHQL_BAD_CURSOR' } });
  let parsed: z.infer<typeof positionSchema>;
  try {
    parsed = positionSchema.parse(JSON.parse(Buffer.from(cursor.slice(0, 1000), 'base64url').toString()));
  } catch {
    throw bad('is not one that this server gave out');
  }
  if (parsed[0] !== column) throw bad('belongs to a list in another order');
  return { column, value: parsed[1], id: parsed[2] };
}

/** The value of an ordering column as text. */
export function orderValue(value: unknown): string {
  return String(value);
}
