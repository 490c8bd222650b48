import type { InputFieldMap, InputRef, ObjectRef } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { Builder, GraphqlContext } from './builder.ts';
import { orderValue, readCursor, writeCursor } from './cursor.ts';
import type { Filters, InputFields, InputTypeMaker } from './filters.ts';
import { DEFAULT_PAGE, LARGEST_PAGE } from './limits.ts';
import type { Count, Row, Wanted } from './reads.ts';
import type { Filterable } from './sql.ts';

/** A column that a list can be ordered by; never null. */
export interface OrderColumn {
  readonly column: string;
  readonly type: 'bigint' | 'numeric' | 'int';
}

export const BY_SEQUENCE: OrderColumn = { column: 'sequence', type: 'bigint' };

export interface ListSpec extends Filterable {
  readonly node: unknown;
  /** By name; the first is the default. */
  readonly orders: Readonly<Record<string, OrderColumn>>;
}

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly where?: unknown;
  readonly orderBy?: { readonly field: OrderColumn; readonly direction?: 'asc' | 'desc' | null } | null;
}

/** A page, of which only what is asked for is read. */
export interface Page {
  readonly column: string;
  readonly rows: () => Promise<LoadedPage>;
  readonly count: () => Promise<Count>;
}

export interface LoadedPage {
  readonly rows: readonly Row[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

/** The part of Pothos's field builders that the lists, made from tables, go through. */
export interface FieldMaker {
  arg(options: { type: unknown }): unknown;
  field(options: {
    type: unknown;
    description: string;
    args: unknown;
    resolve: (parent: { readonly id: string }, args: PageArgs, context: never) => unknown;
  }): unknown;
}

/** A kind of list: its type, its arguments, and how a page of it is loaded. */
export interface List {
  readonly type: ObjectRef<never, Page>;
  readonly args: (t: {
    arg(options: { type: unknown; description?: string }): unknown;
  }) => Record<string, never>;
  /** @param of column that names whose rows, and who that is; undefined: all rows */
  readonly load: (args: PageArgs, context: GraphqlContext, of?: readonly [string, string]) => Page;
}

export interface PageTypes {
  readonly pageInfo: ObjectRef<never, LoadedPage & { readonly column: string }>;
  readonly direction: unknown;
}

/** What every list shares. */
export function addPageTypes(builder: Builder): PageTypes {
  const pageInfo = builder.objectRef<LoadedPage & { readonly column: string }>('PageInfo').implement({
    description: 'Where a page is in its list.',
    fields: (t) => ({
      hasNextPage: t.boolean({
        description: 'Whether there are rows behind it.',
        resolve: (page) => page.hasNextPage,
      }),
      hasPreviousPage: t.boolean({
        description: 'Whether there are rows before it.',
        resolve: (page) => page.hasPreviousPage,
      }),
      startCursor: t.string({
        nullable: true,
        description: 'The `before` of the page before.',
        resolve: ({ rows, column }) => (rows.length === 0 ? null : cursorOf(rows[0], column)),
      }),
      endCursor: t.string({
        nullable: true,
        description: 'The `after` of the next page.',
        resolve: ({ rows, column }) => (rows.length === 0 ? null : cursorOf(rows[rows.length - 1], column)),
      }),
    }),
  });
  const direction = builder.enumType('Direction', {
    description: 'Of an order.',
    values: {
      ASC: { value: 'asc', description: 'Smallest or oldest first.' },
      DESC: { value: 'desc', description: 'Largest or newest first.' },
    } as const,
  });
  return { pageInfo: pageInfo as unknown as PageTypes['pageInfo'], direction };
}

/** Adds `…Connection`, `…Edge`, `…Order` and `…OrderField` for one table: pages of at most 100 rows, in both directions. */
export function addList(builder: Builder, filters: Filters, shared: PageTypes, spec: ListSpec): List {
  const { model, orders } = spec;
  const node = spec.node as ObjectRef<never, Row>;
  const edge = builder.objectRef<{ row: Row; column: string }>(`${model}Edge`).implement({
    description: 'A row and its place in the list.',
    fields: (t) => ({
      node: t.field({
        type: node,
        description: 'The row.',
        extensions: { most: 'page' },
        resolve: ({ row }) => row as never,
      }),
      cursor: t.string({ description: 'Its place.', resolve: ({ row, column }) => cursorOf(row, column) }),
    }),
  });
  const connection = builder.objectRef<Page>(`${model}Connection`).implement({
    description: 'A page of a list.',
    fields: (t) => ({
      nodes: t.field({
        type: [node],
        description: 'Its rows.',
        extensions: { most: 'page' },
        resolve: async ({ rows }) => (await rows()).rows as never,
      }),
      edges: t.field({
        type: [edge],
        description: 'Its rows with their places.',
        extensions: { most: 'page' },
        resolve: async ({ rows, column }) => (await rows()).rows.map((row) => ({ row, column })),
      }),
      pageInfo: t.field({
        type: shared.pageInfo,
        description: 'Where the page is in its list.',
        resolve: async ({ rows, column }) => ({ ...(await rows()), column }),
      }),
      totalCount: t.int({
        description: 'Rows of all pages; exact up to 10,000.',
        resolve: async (page) => (await page.count()).count,
      }),
      totalCountIsEstimate: t.boolean({
        description: 'Whether `totalCount` is what the database reckons by its statistics.',
        resolve: async (page) => (await page.count()).isEstimate,
      }),
    }),
  });
  const order = addOrder(builder, shared, model, orders);
  const byDefault = Object.values(orders)[0];

  return {
    type: connection as unknown as List['type'],
    args: (t) =>
      ({
        first: t.arg({
          type: 'Int',
          description: `Rows from the start, ${DEFAULT_PAGE} if nothing is said.`,
        }),
        after: t.arg({ type: 'String', description: 'A cursor: with `first`, rows behind it.' }),
        last: t.arg({ type: 'Int', description: 'Rows from the end.' }),
        before: t.arg({ type: 'String', description: 'A cursor: with `last`, rows before it.' }),
        where: t.arg({ type: filters.where(spec), description: 'Only rows of which this is true.' }),
        orderBy: t.arg({ type: order, description: 'In which order.' }),
      }) as unknown as Record<string, never>,
    load(args, { reads }, of) {
      const { column, type } = args.orderBy?.field ?? byDefault;
      const { size, backward, cursor } = sizeOf(args);
      const forwards = args.orderBy?.direction ?? 'desc';
      const direction = backward ? (forwards === 'asc' ? 'desc' : 'asc') : forwards;
      const place = cursor === undefined ? undefined : readCursor(cursor, column);
      const wanted: Wanted = { table: spec, where: args.where, of: of?.[0] };
      const read = async (): Promise<LoadedPage> => {
        const page = {
          ...wanted,
          order: { column, type },
          direction,
          beyond: place && { value: typed(place.value, type), id: place.id },
          size: size + 1,
        } as const;
        const found = await reads.page(page, of?.[1]);
        const rows = found.slice(0, size);
        const more = found.length > size;
        const behind = place !== undefined;
        return backward
          ? { rows: rows.toReversed(), hasPreviousPage: more, hasNextPage: behind }
          : { rows, hasNextPage: more, hasPreviousPage: behind };
      };
      return { column, rows: once(read), count: once(() => reads.count(wanted, of?.[1])) };
    },
  };
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => (running ??= work());
}

function sizeOf({ first, after, last, before }: PageArgs): {
  readonly size: number;
  readonly backward: boolean;
  readonly cursor: string | undefined;
} {
  const backward = typeof last === 'number' || Boolean(before);
  const size = (backward ? last : first) ?? DEFAULT_PAGE;
  if (backward && (typeof first === 'number' || Boolean(after))) {
    throw badPage('`first` goes with `after`, `last` with `before`, and not with each other.');
  }
  if (size < 0 || size > LARGEST_PAGE) {
    throw badPage(`\`${backward ? 'last' : 'first'}\` is from 0 to ${LARGEST_PAGE}, got ${size}.`);
  }
  return { size, backward, cursor: (backward ? before : after) || undefined };
}

function badPage(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'GRAPHQL_BAD_PAGE' } });
}

function addOrder(
  builder: Builder,
  shared: PageTypes,
  model: string,
  orders: ListSpec['orders'],
): InputRef<unknown> {
  const inputType = builder.inputType.bind(builder) as unknown as InputTypeMaker;
  const field = builder.enumType(`${model}OrderField`, {
    description: 'What a list is ordered by.',
    values: Object.fromEntries(
      Object.entries(orders).map(([name, column]) => [
        name,
        {
          value: column as never,
          description: name === 'AGE' ? 'The order of the chain.' : `By \`${column.column}\`.`,
        },
      ]),
    ),
  });
  return inputType(`${model}Order`, {
    description: 'Descending unless said otherwise; ties are broken by id.',
    fields: (t: InputFields) =>
      ({
        field: (
          t as unknown as { field(o: { type: unknown; required: true; description: string }): unknown }
        ).field({
          type: field,
          required: true,
          description: 'What by.',
        }),
        direction: t.field({ type: shared.direction, description: 'DESC if nothing is said.' }),
      }) as InputFieldMap,
  });
}

function cursorOf(row: Row, column: string): string {
  return writeCursor({ column, value: orderValue(row[column]), id: row.id });
}

const WIDTH = { bigint: 64, int: 32 } as const;

/** A forged cursor may hold a number that the column can't: then the nearest it can. */
function typed(value: string, type: OrderColumn['type']): string {
  if (type === 'numeric') return value;
  const most = 2n ** BigInt(WIDTH[type] - 1) - 1n;
  const number = BigInt(value);
  return (number > most ? most : number < -most ? -most : number).toString();
}
