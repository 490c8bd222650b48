import type { InputFieldMap, InputRef, ObjectRef } from '@pothos/core';
import { queryFromInfo } from '@pothos/plugin-prisma';
import { GraphQLError, type GraphQLResolveInfo } from 'graphql';
import type { TableName } from '../projection/rows.ts';
import type { Builder, GraphqlContext } from './builder.ts';
import { orderValue, readCursor, writeCursor, type PagePosition } from './cursor.ts';
import { whereOf, type FilterKind, type Filters, type InputFields, type InputTypeMaker } from './filters.ts';

export const DEFAULT_PAGE = 20;
export const LARGEST_PAGE = 100;

/** A column that a list can be ordered by; never null. */
export interface OrderColumn {
  readonly column: string;
  readonly type: 'BigInt' | 'Decimal' | 'Int';
}

export const BY_SEQUENCE: OrderColumn = { column: 'sequence', type: 'BigInt' };

export interface ListSpec {
  readonly model: TableName;
  readonly node: unknown;
  readonly filters: Readonly<Record<string, FilterKind>>;
  /** By name; the first is the default. */
  readonly orders: Readonly<Record<string, OrderColumn>>;
}

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly where?: unknown;
  readonly orderBy?: { readonly field: OrderColumn; readonly direction?: 'asc' | 'desc' | null } | null;
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string };
type Where = Readonly<Record<string, unknown>>;

/** A loaded page; `total` is only asked when someone wants to know. */
export interface Page {
  readonly rows: readonly Row[];
  readonly column: string;
  readonly hasNextPage: boolean;
  readonly total: () => Promise<number>;
}

/** A kind of list: its type, its arguments, and how a page of it is loaded. */
export interface List {
  readonly type: ObjectRef<never, Page>;
  readonly args: (t: { arg(options: { type: unknown }): unknown }) => Record<string, never>;
  /** @param scope what restricts the list besides its `where` argument */
  readonly load: (
    args: PageArgs,
    context: GraphqlContext,
    info: GraphQLResolveInfo,
    scope?: Where,
  ) => Promise<Page>;
}

export interface PageTypes {
  readonly pageInfo: ObjectRef<never, Page>;
  readonly direction: unknown;
}

/** What every list shares. */
export function addPageTypes(builder: Builder): PageTypes {
  const pageInfo = builder.objectRef<Page>('PageInfo').implement({
    fields: (t) => ({
      hasNextPage: t.boolean({ resolve: (page) => page.hasNextPage }),
      endCursor: t.string({
        nullable: true,
        description: 'The `after` of the next page.',
        resolve: (page) =>
          page.rows.length === 0 ? null : cursorOf(page.rows[page.rows.length - 1], page.column),
      }),
    }),
  });
  const direction = builder.enumType('Direction', {
    values: { ASC: { value: 'asc' }, DESC: { value: 'desc' } } as const,
  });
  return { pageInfo: pageInfo as unknown as PageTypes['pageInfo'], direction };
}

/**
 * Adds `…Connection`, `…Edge`, `…Where`, `…Order` and `…OrderField` for one table. Pages go forward by `first` and
 * `after`, at most 100 rows each.
 */
export function addList(builder: Builder, filters: Filters, shared: PageTypes, spec: ListSpec): List {
  const { model, orders } = spec;
  const node = spec.node as ObjectRef<never, Row>;
  const edge = builder.objectRef<{ row: Row; column: string }>(`${model}Edge`).implement({
    fields: (t) => ({
      node: t.field({ type: node, resolve: ({ row }) => row as never }),
      cursor: t.string({ resolve: ({ row, column }) => cursorOf(row, column) }),
    }),
  });
  const connection = builder.objectRef<Page>(`${model}Connection`).implement({
    fields: (t) => ({
      nodes: t.field({ type: [node], resolve: ({ rows }) => rows as never }),
      edges: t.field({ type: [edge], resolve: ({ rows, column }) => rows.map((row) => ({ row, column })) }),
      pageInfo: t.field({ type: shared.pageInfo, resolve: (page) => page as never }),
      totalCount: t.int({ description: 'Of all pages.', resolve: (page) => page.total() }),
    }),
  });
  const inputType = builder.inputType.bind(builder) as unknown as InputTypeMaker;
  const where = inputType(`${model}Where`, {
    description: 'All of the conditions hold.',
    fields: (t) =>
      Object.fromEntries(
        Object.entries(spec.filters).map(([column, kind]) => [column, t.field({ type: filters[kind] })]),
      ),
  });
  const order = addOrder(builder, shared, model, orders, inputType);
  const byDefault = Object.values(orders)[0];

  return {
    type: connection as unknown as List['type'],
    args: (t) =>
      ({
        first: t.arg({ type: 'Int' }),
        after: t.arg({ type: 'String' }),
        where: t.arg({ type: where }),
        orderBy: t.arg({ type: order }),
      }) as unknown as Record<string, never>,
    async load(args, context, info, scope = {}) {
      const { column, type } = args.orderBy?.field ?? byDefault;
      const direction = args.orderBy?.direction ?? 'desc';
      const size = pageSize(args.first ?? DEFAULT_PAGE);
      const condition: Where = { AND: [scope, whereOf(args.where)] };
      const after = args.after ? [beyond(readCursor(args.after, column), type, direction)] : [];
      const table = delegateOf(context, model);
      const rows = await table.findMany({
        ...queryFromInfo({ context, info, typeName: model, paths: [['nodes'], ['edges', 'node']] }),
        where: { AND: [condition, ...after] },
        orderBy: [{ [column]: direction }, { id: direction }],
        take: size + 1,
      });
      return {
        rows: rows.slice(0, size),
        column,
        hasNextPage: rows.length > size,
        total: () => table.count({ where: condition }),
      };
    },
  };
}

function pageSize(first: number): number {
  if (first >= 0 && first <= LARGEST_PAGE) return first;
  throw new GraphQLError(`\`first\` is from 0 to ${LARGEST_PAGE}, got ${first}.`, {
    extensions: { code: 'GRAPHQL_BAD_PAGE' },
  });
}

function addOrder(
  builder: Builder,
  shared: PageTypes,
  model: string,
  orders: ListSpec['orders'],
  inputType: InputTypeMaker,
): InputRef<unknown> {
  const field = builder.enumType(`${model}OrderField`, {
    values: Object.fromEntries(
      Object.entries(orders).map(([name, column]) => [name, { value: column as never }]),
    ),
  });
  return inputType(`${model}Order`, {
    description: 'Descending unless said otherwise; ties are broken by id.',
    fields: (t: InputFields) =>
      ({
        field: (t as unknown as { field(o: { type: unknown; required: true }): unknown }).field({
          type: field,
          required: true,
        }),
        direction: t.field({ type: shared.direction }),
      }) as InputFieldMap,
  });
}

function cursorOf(row: Row, column: string): string {
  return writeCursor({ column, value: orderValue(row[column]), id: row.id });
}

/** What comes after a position in the list's order. */
function beyond(
  { column, value, id }: PagePosition,
  type: OrderColumn['type'],
  direction: 'asc' | 'desc',
): Where {
  const operator = direction === 'asc' ? 'gt' : 'lt';
  const bound = typed(value, type);
  return { OR: [{ [column]: { [operator]: bound } }, { [column]: bound, id: { [operator]: id } }] };
}

const WIDTH = { BigInt: 64, Int: 32 } as const;

/** A forged cursor may hold a number that the column can't: then the nearest it can. */
function typed(value: string, type: OrderColumn['type']): string | bigint | number {
  if (type === 'Decimal') return value;
  const most = 2n ** BigInt(WIDTH[type] - 1) - 1n;
  const number = BigInt(value);
  const near = number > most ? most : number < -most ? -most : number;
  return type === 'BigInt' ? near : Number(near);
}

interface Delegate {
  findMany(query: unknown): Promise<readonly Row[]>;
  count(query: unknown): Promise<number>;
}

function delegateOf({ prisma }: GraphqlContext, model: TableName): Delegate {
  const name = (model[0].toLowerCase() + model.slice(1)) as Uncapitalize<TableName>;
  return prisma[name];
}
