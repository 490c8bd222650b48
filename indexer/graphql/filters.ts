import type { InputFieldMap, InputFieldRef, InputRef } from '@pothos/core';
import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import type { Filterable, FilterKind } from './sql.ts';

export interface Filters {
  /** The `…Where` of a table; made once. */
  readonly where: (table: Filterable) => InputRef<unknown>;
}

/** One input type a kind of column, and one a table, in which they are joined. */
export function addFilters(builder: Builder, enums: Enums): Filters {
  const inputType = builder.inputType.bind(builder) as unknown as InputTypeMaker;
  const make = (kind: FilterKind, operators: readonly Operator[]): InputRef<unknown> => {
    const type = kind in enums ? enums[kind as keyof Enums] : kind;
    return inputType(`${kind}Filter`, {
      description: 'All that is named holds.',
      fields: (t) =>
        Object.fromEntries(
          operators.map((operator) => [
            operator,
            t.field({
              type: operator === 'in' || operator === 'notIn' ? [type] : type,
              description: MEANINGS[operator],
            }),
          ]),
        ),
    });
  };
  const oneOf = ['equals', 'not', 'in', 'notIn'] as const;
  const ordered = [...oneOf, 'gt', 'gte', 'lt', 'lte'] as const;
  const ofKind: Readonly<Record<Exclude<FilterKind, ArgumentKind>, InputRef<unknown>>> = {
    Address: make('Address', oneOf),
    Bytes32: make('Bytes32', oneOf),
    ID: make('ID', oneOf),
    Amount: make('Amount', ordered),
    Timestamp: make('Timestamp', ordered),
    Int: make('Int', ordered),
    Boolean: make('Boolean', ['equals']),
    JobState: make('JobState', oneOf),
    CloseReason: make('CloseReason', oneOf),
    SliceState: make('SliceState', oneOf),
    BidState: make('BidState', oneOf),
    SkipReason: make('SkipReason', oneOf),
    LedgerKind: make('LedgerKind', oneOf),
  };
  const made = new Map<string, InputRef<unknown>>();
  const where = (table: Filterable): InputRef<unknown> => {
    const known = made.get(table.model);
    if (known !== undefined) return known;
    const ref = builder.inputRef<object>(`${table.model}Where`);
    made.set(table.model, ref);
    ref.implement({
      description: 'All of the conditions hold.',
      fields: (typed) => {
        const t = typed as unknown as InputFields;
        const columns = Object.entries(table.filters).map(([column, kind]) => [
          column,
          t.field(
            kind === 'Biddable'
              ? { type: ofKind.Boolean, description: 'Whether somebody can bid on it now.' }
              : { type: ofKind[kind as keyof typeof ofKind] },
          ),
        ]);
        const relations = Object.entries(table.relations ?? {}).map(([name, { to }]) => [
          name,
          t.field({ type: where(to), description: 'There is one, of which this is true.' }),
        ]);
        return {
          ...Object.fromEntries([...columns, ...relations]),
          AND: t.field({ type: [ref], description: 'All of these hold.' }),
          OR: t.field({ type: [ref], description: 'One of these holds; none of no conditions does.' }),
          NOT: t.field({ type: ref, description: 'This does not hold.' }),
        } as InputFieldMap;
      },
    });
    return ref;
  };
  return { where };
}

/** What is chosen by an argument of its own, and in no `where`. */
type ArgumentKind = 'PeriodLength';

type Operator = 'equals' | 'not' | 'in' | 'notIn' | 'gt' | 'gte' | 'lt' | 'lte';

const MEANINGS: Readonly<Record<Operator, string>> = {
  equals: 'It is this.',
  not: 'It is another than this.',
  in: 'It is one of these.',
  notIn: 'It is none of these.',
  gt: 'It is more than this.',
  gte: 'It is this or more.',
  lt: 'It is less than this.',
  lte: 'It is this or less.',
};

/** Pothos types inputs field by field; these are made from tables, so only their shape is said. */
export interface InputFields {
  field(options: { type: unknown; description?: string }): InputFieldRef<never, unknown>;
}
export type InputTypeMaker = (
  name: string,
  options: { description?: string; fields: (t: InputFields) => InputFieldMap },
) => InputRef<unknown>;
