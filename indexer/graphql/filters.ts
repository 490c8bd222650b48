import type { InputFieldMap, InputFieldRef, InputRef } from '@pothos/core';
import type { Builder, Enums } from './builder.ts';

/** Which kind of comparison a column takes. */
export type FilterKind =
  'Address' | 'Bytes32' | 'Amount' | 'Timestamp' | 'Int' | 'Boolean' | 'ID' | keyof Enums;

export type Filters = Readonly<Record<FilterKind, InputRef<unknown>>>;

/** One input type a kind, named like Prisma's operators so that they can be handed on as they are. */
export function addFilters(builder: Builder, enums: Enums): Filters {
  const inputType = builder.inputType.bind(builder) as unknown as InputTypeMaker;
  const make = (name: string, fields: (t: InputFields) => InputFieldMap): InputRef<unknown> =>
    inputType(`${name}Filter`, { fields });
  const exact = (type: 'Address' | 'Bytes32' | 'ID') =>
    make(type, (t) => ({ equals: t.field({ type }), in: t.field({ type: [type] }), not: t.field({ type }) }));
  const ordered = (type: 'Amount' | 'Timestamp' | 'Int') =>
    make(type, (t) => ({
      equals: t.field({ type }),
      gt: t.field({ type }),
      gte: t.field({ type }),
      lt: t.field({ type }),
      lte: t.field({ type }),
    }));
  const oneOf = (name: keyof Enums) => {
    const type = enums[name];
    return make(name, (t) => ({
      equals: t.field({ type }),
      in: t.field({ type: [type] }),
      not: t.field({ type }),
    }));
  };
  return {
    Address: exact('Address'),
    Bytes32: exact('Bytes32'),
    ID: exact('ID'),
    Amount: ordered('Amount'),
    Timestamp: ordered('Timestamp'),
    Int: ordered('Int'),
    Boolean: make('Boolean', (t) => ({ equals: t.field({ type: 'Boolean' }) })),
    JobState: oneOf('JobState'),
    CloseReason: oneOf('CloseReason'),
    SliceState: oneOf('SliceState'),
    BidState: oneOf('BidState'),
    SkipReason: oneOf('SkipReason'),
    LedgerKind: oneOf('LedgerKind'),
  };
}

/** Pothos types inputs field by field; these are made from tables, so only their shape is said. */
export interface InputFields {
  field(options: { type: unknown }): InputFieldRef<never, unknown>;
}
export type InputTypeMaker = (
  name: string,
  options: { description?: string; fields: (t: InputFields) => InputFieldMap },
) => InputRef<unknown>;

/** A filter as it came, without its nulls: absent and null both mean "no matter". */
export function whereOf(filter: unknown): Record<string, unknown> {
  if (typeof filter !== 'object' || filter === null) return {};
  return Object.fromEntries(
    Object.entries(filter).flatMap(([column, operators]) => {
      if (typeof operators !== 'object' || operators === null) return [];
      const given = Object.entries(operators as object).filter(([, value]) => value !== null);
      return given.length === 0 ? [] : [[column, Object.fromEntries(given)]];
    }),
  );
}
