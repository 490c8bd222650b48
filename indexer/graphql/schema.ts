import type { GraphQLSchema } from 'graphql';
import type { PrismaClient } from '../database/client.ts';
import { addEnums, createBuilder, type Builder } from './builder.ts';
import { addPageTypes, type List, type PageArgs } from './connection.ts';
import { addFilters } from './filters.ts';
import { addLists, type Lists } from './lists.ts';
import { addObjects, type Objects } from './objects.ts';
import { addMeta } from './meta.ts';
import { addPublished } from './published.ts';
import { addTotals } from './totals.ts';

/** The schema of docs/graphql.md. */
export function createSchema(prisma: PrismaClient): GraphQLSchema {
  const builder = createBuilder(prisma);
  const enums = addEnums(builder);
  const objects = addObjects(builder, enums);
  const lists = addLists(builder, addFilters(builder, enums), addPageTypes(builder), objects);
  addNestedLists(builder, objects, lists);
  addPublished(builder, objects);
  addQueries(builder, lists);
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
      resolve: (parent: { readonly id: string }, args: PageArgs, context: never, info: never) =>
        list.load(args, context, info, { [column]: parent.id }),
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
    resolve: (parent: { readonly id: string }, args: PageArgs, context: never, info: never) => unknown;
  }): unknown;
}

function addQueries(builder: Builder, lists: Lists): void {
  const { Totals, Status } = addTotals(builder);
  const Meta = addMeta(builder);
  builder.queryType({
    fields: (t) => {
      const list = ({ type, args, load }: List) =>
        (t as unknown as FieldMaker).field({
          type,
          args: args(t),
          resolve: (_root, pageArgs, context, info) => load(pageArgs, context, info),
        }) as never;
      return {
        circuit: t.prismaField({
          type: 'Circuit',
          nullable: true,
          args: { id: t.arg.id({ required: true }) },
          resolve: (query, _root, { id }, { prisma }) =>
            prisma.circuit.findUnique({ ...query, where: { id } }),
        }),
        model: t.prismaField({
          type: 'Model',
          nullable: true,
          args: { id: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (query, _root, { id }, { prisma }) => prisma.model.findUnique({ ...query, where: { id } }),
        }),
        job: t.prismaField({
          type: 'Job',
          nullable: true,
          args: { id: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (query, _root, { id }, { prisma }) => prisma.job.findUnique({ ...query, where: { id } }),
        }),
        slice: t.prismaField({
          type: 'Slice',
          nullable: true,
          args: { jobId: t.arg({ type: 'Bytes32', required: true }), index: t.arg.int({ required: true }) },
          resolve: (query, _root, { jobId, index }, { prisma }) =>
            prisma.slice.findUnique({ ...query, where: { id: `${jobId}:${index}` } }),
        }),
        settlement: t.prismaField({
          type: 'Settlement',
          nullable: true,
          args: { transactionHash: t.arg({ type: 'Bytes32', required: true }) },
          resolve: (query, _root, { transactionHash: id }, { prisma }) =>
            prisma.settlement.findUnique({ ...query, where: { id } }),
        }),
        prover: t.prismaField({
          type: 'Prover',
          nullable: true,
          args: { address: t.arg({ type: 'Address', required: true }) },
          resolve: (query, _root, { address: id }, { prisma }) =>
            prisma.prover.findUnique({ ...query, where: { id } }),
        }),
        account: t.prismaField({
          type: 'Account',
          nullable: true,
          args: { address: t.arg({ type: 'Address', required: true }) },
          resolve: (query, _root, { address: id }, { prisma }) =>
            prisma.account.findUnique({ ...query, where: { id } }),
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
        totals: t.prismaField({
          type: Totals,
          nullable: true,
          description: 'Absent before the first event.',
          resolve: (query, _root, _args, { prisma }) =>
            prisma.totals.findUnique({ ...query, where: { id: 'market' } }),
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
      slice: t.prismaField({
        type: Slice,
        nullable: true,
        description: 'As it is now. Absent: a reorganisation took its job away.',
        resolve: (query, { id }, _args, { prisma }) => prisma.slice.findUnique({ ...query, where: { id } }),
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
