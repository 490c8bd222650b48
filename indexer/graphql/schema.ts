import type { GraphQLSchema } from 'graphql';
import { addEnums, createBuilder, type Builder } from './builder.ts';
import { addPageTypes, type List, type PageArgs } from './connection.ts';
import { addFilters } from './filters.ts';
import { addLists, type Lists } from './lists.ts';
import { addObjects, type Objects } from './objects.ts';
import { addMeta } from './meta.ts';
import { addPublished } from './published.ts';
import { addTotals } from './totals.ts';

/** The schema of docs/graphql.md. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder();
  const enums = addEnums(builder);
  const objects = addObjects(builder, enums);
  const lists = addLists(builder, addFilters(builder, enums), addPageTypes(builder), objects);
  addNestedLists(builder, objects, lists);
  addPublished(builder, objects);
  addQueries(builder, objects, lists);
  addSubscription(builder, objects);
  return builder.toSchema();
}

/** Lists that hang on a row are the same lists, restricted to it. */
function addNestedLists(builder: Builder, objects: Objects, lists: Lists): void {
  const { Account, Circuit, Job, Model, Prover, Settlement, Slice } = objects;
  const nested = (list: List, column: string) => (t: FieldMaker) =>
    t.field({
      type: list.type,
      args: list.args(t),
      resolve: (parent: { readonly id: string }, args: PageArgs, context: never) =>
        list.load(args, context, [column, parent.id]),
    });
  const add = (object: unknown, name: string, list: List, column: string): void => {
    builder.objectField(
      object as typeof Job,
      name,
      (t) => nested(list, column)(t as unknown as FieldMaker) as never,
    );
  };
  add(Circuit, 'proofs', lists.proofs, 'circuitId');
  add(Model, 'jobs', lists.jobs, 'modelId');
  add(Job, 'bids', lists.bids, 'jobId');
  add(Job, 'proofs', lists.proofs, 'jobId');
  add(Job, 'ledger', lists.ledger, 'jobId');
  add(Slice, 'bids', lists.bids, 'sliceId');
  add(Slice, 'skips', lists.skips, 'sliceId');
  add(Settlement, 'proofs', lists.proofs, 'settlementId');
  add(Settlement, 'skips', lists.skips, 'settlementId');
  add(Prover, 'bids', lists.bids, 'proverId');
  add(Prover, 'proofs', lists.proofs, 'proverId');
  add(Account, 'ledger', lists.ledger, 'accountId');
  add(Account, 'jobs', lists.jobs, 'requester');
  add(Account, 'operators', lists.operators, 'accountId');
}

/** The part of Pothos's field builders that the lists, made from tables, go through. */
interface FieldMaker {
  arg(options: { type: unknown }): unknown;
  field(options: {
    type: unknown;
    args: unknown;
    resolve: (parent: { readonly id: string }, args: PageArgs, context: never) => unknown;
  }): unknown;
}

function addQueries(builder: Builder, objects: Objects, lists: Lists): void {
  const { Totals, Status } = addTotals(builder, objects);
  const Meta = addMeta(builder);
  builder.queryType({
    fields: (t) => {
      const list = ({ type, args, load }: List) =>
        (t as unknown as FieldMaker).field({
          type,
          args: args(t),
          resolve: (_root, pageArgs, context) => load(pageArgs, context),
        }) as never;
      return {
        circuit: t.field({
          type: objects.Circuit,
          nullable: true,
          args: { id: t.arg.id({ required: true }) },
          resolve: (_root, { id }, { reads }) => reads.row('Circuit', id),
        }),
        model: t.field({
          type: objects.Model,
          nullable: true,
          args: { id: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (_root, { id }, { reads }) => reads.row('Model', id),
        }),
        job: t.field({
          type: objects.Job,
          nullable: true,
          args: { id: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (_root, { id }, { reads }) => reads.row('Job', id),
        }),
        slice: t.field({
          type: objects.Slice,
          nullable: true,
          args: { jobId: t.arg({ type: 'Bytes32', required: true }), index: t.arg.int({ required: true }) },
          resolve: (_root, { jobId, index }, { reads }) => reads.row('Slice', `${jobId}:${index}`),
        }),
        settlement: t.field({
          type: objects.Settlement,
          nullable: true,
          args: { transactionHash: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (_root, { transactionHash: id }, { reads }) => reads.row('Settlement', id),
        }),
        prover: t.field({
          type: objects.Prover,
          nullable: true,
          args: { address: t.arg({ type: 'Address', required: true }) },
          resolve: (_root, { address: id }, { reads }) => reads.row('Prover', id),
        }),
        account: t.field({
          type: objects.Account,
          nullable: true,
          args: { address: t.arg({ type: 'Address', required: true }) },
          resolve: (_root, { address: id }, { reads }) => reads.row('Account', id),
        }),
        circuits: list(lists.circuits),
        models: list(lists.models),
        jobs: list(lists.jobs),
        slices: list(lists.slices),
        bids: list(lists.bids),
        proofs: list(lists.proofs),
        settlements: list(lists.settlements),
        skips: list(lists.skips),
        provers: list(lists.provers),
        accounts: list(lists.accounts),
        operators: list(lists.operators),
        ledger: list(lists.ledger),
        totals: t.field({
          type: Totals,
          nullable: true,
          description: 'Absent before the first event.',
          resolve: (_root, _args, { reads }) => reads.row('Totals', 'market'),
        }),
        meta: t.field({ type: Meta, resolve: (_root, _args, { deployment }) => deployment }),
        status: t.field({ type: Status, resolve: (_root, _args, { status }) => status() }),
      };
    },
  });
}

function addSubscription(builder: Builder, { Slice }: Objects): void {
  const SliceChange = builder.objectRef<{ readonly id: string }>('SliceChange').implement({
    description: 'A slice that changed, by new blocks or by a reorganisation.',
    fields: (t) => ({
      id: t.exposeID('id'),
      jobId: t.field({ type: 'Bytes32', resolve: ({ id }) => id.split(':')[0] }),
      index: t.int({ resolve: ({ id }) => Number(id.split(':')[1]) }),
      slice: t.field({
        type: Slice,
        nullable: true,
        description: 'As it is now. Absent: a reorganisation took its job away.',
        resolve: ({ id }, _args, { reads }) => reads.row('Slice', id),
      }),
    }),
  });
  builder.subscriptionType({
    fields: (t) => ({
      sliceChanged: t.field({
        type: SliceChange,
        description:
          'Changes from now on, each slice as it is when it is delivered; several quick changes may come as one. Ends when the server may have missed some: ask again.',
        args: { jobId: t.arg({ type: 'Bytes32', description: "Only this job's slices." }) },
        subscribe: (_root, { jobId }, { feed }) => feed.subscribe(jobId ?? undefined),
        resolve: (id: string) => ({ id }),
      }),
    }),
  });
}
