import type { Builder, GraphqlContext } from './builder.ts';
import type { Filters } from './filters.ts';
import { LISTS } from './lists.ts';
import type { Objects } from './objects.ts';
import type { Row } from './reads.ts';
import { Statement, whereSql, type Filterable } from './sql.ts';
import type { ToldTable } from '../sync/notify.ts';

/** A row that changed. */
interface Change {
  readonly id: string;
  /** As it is now; undefined: a reorganisation took it back. */
  readonly row: Row | undefined;
}

interface Told {
  readonly table: Exclude<ToldTable, 'Totals'>;
  readonly list: Filterable;
  /** The field that has the row, and the subscription. */
  readonly field: string;
  readonly subscription: string;
  readonly what: string;
}

const TOLD: readonly Told[] = [
  { table: 'Job', list: LISTS.jobs, field: 'job', subscription: 'jobChanged', what: 'A job' },
  { table: 'Bid', list: LISTS.bids, field: 'bid', subscription: 'bidChanged', what: 'A bid' },
  {
    table: 'Settlement',
    list: LISTS.settlements,
    field: 'settlement',
    subscription: 'settlementChanged',
    what: 'A transaction that settled slices',
  },
];

const HOW =
  'Changes from now on, each row as it is when it is delivered; several quick changes may come as one. With `where`, only rows of which it is true then. Ends when the server may have missed some: ask again.';

/** What is told as it comes. */
export function addSubscriptions(builder: Builder, objects: Objects, filters: Filters): void {
  builder.subscriptionType({ description: 'What is told as it comes.' });
  addSliceChanged(builder, objects, filters);
  for (const told of TOLD) addChanged(builder, objects, filters, told);
  builder.subscriptionField('totalsChanged', (t) =>
    t.field({
      type: objects.Totals,
      nullable: true,
      description:
        'Sums over the whole market, at once and whenever they change; quick changes come as one. Absent: a reorganisation took all events away.',
      subscribe: (_root, _args, { feed }) => withFirst('market', feed.subscribe('Totals')),
      resolve: (id: string, _args, { reads }) => reads.row('Totals', id),
    }),
  );
}

function addSliceChanged(builder: Builder, { Slice }: Objects, filters: Filters): void {
  const SliceChange = builder.objectRef<Change>('SliceChange').implement({
    description: 'A slice that changed, by new blocks or by a reorganisation.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'The slice’s.' }),
      jobId: t.field({
        type: 'Bytes32',
        description: 'The id of its job.',
        resolve: ({ id }) => id.split(':')[0],
      }),
      index: t.int({
        description: 'Its number in the model, from 0.',
        resolve: ({ id }) => Number(id.split(':')[1]),
      }),
      slice: t.field({
        type: Slice,
        nullable: true,
        description: 'As it is now. Absent: a reorganisation took its job away.',
        resolve: ({ row }) => row as never,
      }),
    }),
  });
  builder.subscriptionField('sliceChanged', (t) =>
    t.field({
      type: SliceChange,
      description: HOW,
      args: {
        jobId: t.arg({ type: 'Bytes32', description: "Only this job's slices." }),
        where: t.arg({ type: filters.where(LISTS.slices), description: 'Only rows of which this is true.' }),
      },
      subscribe: (_root, { jobId, where }, context) => {
        const start = jobId === null || jobId === undefined ? undefined : `${jobId}:`;
        return new Changed(context.feed.subscribe('Slice', start), context, LISTS.slices, where);
      },
      resolve: (change: Change) => change,
    }),
  );
}

function addChanged(builder: Builder, objects: Objects, filters: Filters, told: Told): void {
  const { table, list, field, subscription, what } = told;
  const type = builder.objectRef<Change>(`${table}Change`).implement({
    description: `${what} that came or changed, by new blocks or by a reorganisation.`,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Its id.' }),
      [field]: t.field({
        type: objects[table],
        nullable: true,
        description: 'As it is now. Absent: a reorganisation took it back.',
        resolve: ({ row }) => row as never,
      }),
    }),
  });
  builder.subscriptionField(subscription, (t) =>
    t.field({
      type,
      description: HOW,
      args: { where: t.arg({ type: filters.where(list), description: 'Only rows of which this is true.' }) },
      subscribe: (_root, { where }, context) =>
        new Changed(context.feed.subscribe(table), context, list, where),
      resolve: (change: Change) => change,
    }),
  );
}

/**
 * Changed rows of which a condition is true. A row that is gone is told to whoever asks for all: nobody can say what was true of
 * it. Not a generator, as the feed is none: who leaves while it waits is let go at once.
 */
class Changed implements AsyncIterableIterator<Change> {
  readonly #ids: AsyncIterableIterator<string>;
  readonly #context: GraphqlContext;
  readonly #table: Filterable;
  readonly #where: unknown;

  constructor(
    ids: AsyncIterableIterator<string>,
    context: GraphqlContext,
    table: Filterable,
    where: unknown,
  ) {
    // What is wrong with it is said now, not with the first change.
    whereSql(new Statement(), 't', table, where);
    this.#ids = ids;
    this.#context = context;
    this.#table = table;
    this.#where = where ?? undefined;
  }

  async next(): Promise<IteratorResult<Change, undefined>> {
    for (;;) {
      const { value: id, done } = (await this.#ids.next()) as IteratorResult<string, undefined>;
      if (done === true || id === undefined) return { done: true, value: undefined };
      const row = await this.#context.reads.matching(this.#table, this.#where, id);
      if (row !== undefined || this.#where === undefined) return { done: false, value: { id, row } };
    }
  }

  async return(): Promise<IteratorResult<Change, undefined>> {
    await this.#ids.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Something at once, then what comes. */
function withFirst(first: string, rest: AsyncIterableIterator<string>): AsyncIterableIterator<string> {
  let told = false;
  return {
    next: () => {
      if (told) return rest.next();
      told = true;
      return Promise.resolve({ done: false, value: first });
    },
    return: (value) => rest.return!(value),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
