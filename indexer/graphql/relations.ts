import type { ImplementableObjectRef } from '@pothos/core';
import { Kind, type GraphQLResolveInfo } from 'graphql';
import { TABLES, type Digits, type Served, type TableName } from '../projection/rows.ts';
import type { Builder, GraphqlContext } from './builder.ts';
import { addNode } from './node.ts';

type TypesOf<B> = B extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

/** The types of the tables' rows, to be given fields. */
export type RowRefs = {
  readonly [T in TableName]: ImplementableObjectRef<TypesOf<Builder>, Served<T>>;
};

interface FieldOptions {
  readonly description: string;
  readonly nullable?: boolean;
}

/** A row that an event made. */
interface Placed {
  readonly blockNumber: number;
  readonly timestamp: Digits;
  readonly transactionHash: string;
}

/** The part of Pothos's field builders that fields made from tables go through. */
interface FieldMaker {
  field(options: unknown): unknown;
}

/** Fields that lead from a row to others. */
export function addRelations(builder: Builder) {
  const refs = Object.fromEntries(
    TABLES.map((table) => [table, builder.objectRef<Served<typeof table>>(table)]),
  ) as unknown as RowRefs;

  return {
    builder,
    refs,
    Node: addNode(builder),
    /** Where on the chain a row came about. @param what ends the sentence, e.g. `it was posted` */
    place: (t: FieldMaker, what: string) => ({
      blockNumber: t.field({
        type: 'Int',
        description: `Number of the block in which ${what}.`,
        resolve: ({ blockNumber }: Placed) => blockNumber,
      }) as never,
      timestamp: t.field({
        type: 'Timestamp',
        description: `When ${what}: the time of that block.`,
        resolve: ({ timestamp }: Placed) => timestamp,
      }) as never,
      transactionHash: t.field({
        type: 'Bytes32',
        description: `Hash of the transaction in which ${what}.`,
        resolve: ({ transactionHash }: Placed) => transactionHash,
      }) as never,
    }),
    /**
     * The row that a column names.
     * @param nullable the column may be null, or there may be no such row
     */
    one: (t: FieldMaker, table: TableName, column: string, options: FieldOptions): never =>
      t.field({
        ...options,
        type: refs[table],
        resolve: (
          row: Readonly<Record<string, unknown>>,
          _args: object,
          { reads }: GraphqlContext,
          info: GraphQLResolveInfo,
        ) => {
          const id = row[column] as string | null;
          if (id === null) return null;
          // Nothing has to be read to say what a row is called that is there since another names it.
          return asksOnlyItsName(info) && column !== 'id' ? { id } : reads.row(table, id);
        },
      }) as never,
    /** The few rows that name this one, by their `index`. @param most how many there can be */
    few: (t: FieldMaker, table: TableName, column: string, most: number, description: string): never =>
      t.field({
        type: [refs[table]],
        description,
        extensions: { most },
        resolve: ({ id }: { readonly id: string }, _args: object, { reads }: GraphqlContext) =>
          reads.children(table, column, id),
      }) as never,
    /** A long list of a row's own, read by itself. */
    list: (t: FieldMaker, table: TableName, column: string, most: number, description: string): never =>
      t.field({
        type: ['Bytes32'],
        description,
        extensions: { most },
        resolve: ({ id }: { readonly id: string }, _args: object, { reads }: GraphqlContext) =>
          reads.list(table, column, id),
      }) as never,
  };
}

export type Relations = ReturnType<typeof addRelations>;

function asksOnlyItsName({ fieldNodes }: GraphQLResolveInfo): boolean {
  return fieldNodes.every((node) =>
    (node.selectionSet?.selections ?? []).every(
      (one) => one.kind === Kind.FIELD && ['id', 'nodeId', '__typename'].includes(one.name.value),
    ),
  );
}
