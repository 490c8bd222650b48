import type { GraphQLSchema } from 'graphql';
import { createBuilder, type Builder } from './builder.ts';
import { addPageTypes, type FieldMaker, type List, type PageArgs } from './connection.ts';
import { describeConditions } from './describe-conditions.ts';
import { addEnums } from './enums.ts';
import { addFilters } from './filters.ts';
import { addLists, type Lists } from './lists.ts';
import { addNodeQueries } from './node.ts';
import { addObjects, type Objects } from './objects.ts';
import { addPublished } from './published.ts';
import { addPeriodLists } from './periods.ts';
import { addQueries } from './queries.ts';
import { addRoles } from './roles.ts';
import { addSearch } from './search.ts';
import { addSubscriptions } from './subscriptions.ts';

/** The schema of docs/graphql.md. */
export function createSchema(): GraphQLSchema {
  const builder = createBuilder();
  const enums = addEnums(builder);
  const objects = addObjects(builder, enums);
  const filters = addFilters(builder, enums);
  const lists = addLists(builder, filters, addPageTypes(builder), objects);
  addNestedLists(builder, objects, lists);
  addPublished(builder, objects);
  addQueries(builder, objects, lists);
  addPeriodLists(builder, objects, enums);
  addNodeQueries(builder, objects.Node);
  addSearch(builder, objects.Node);
  addRoles(builder, objects);
  addSubscriptions(builder, objects, filters);
  return describeConditions(builder.toSchema());
}

/** Lists that hang on a row are the same lists, restricted to it. */
function addNestedLists(builder: Builder, objects: Objects, lists: Lists): void {
  const { Account, Circuit, Job, Model, Prover, Settlement, Slice } = objects;
  const nested = (list: List, column: string, description: string) => (t: FieldMaker) =>
    t.field({
      type: list.type,
      description,
      args: list.args(t),
      resolve: (parent: { readonly id: string }, args: PageArgs, context: never) =>
        list.load(args, context, [column, parent.id]),
    });
  const add = (object: unknown, name: string, list: List, column: string, description: string): void => {
    builder.objectField(
      object as typeof Job,
      name,
      (t) => nested(list, column, description)(t as unknown as FieldMaker) as never,
    );
  };
  add(Circuit, 'proofs', lists.proofs, 'circuitId', 'Proofs that were checked with it.');
  add(Model, 'jobs', lists.jobs, 'modelId', 'Jobs of it.');
  add(Job, 'bids', lists.bids, 'jobId', 'Bids on its slices.');
  add(Job, 'proofs', lists.proofs, 'jobId', 'Its proofs that were paid.');
  add(Job, 'ledger', lists.ledger, 'jobId', 'What moved for it.');
  add(Slice, 'bids', lists.bids, 'sliceId', 'Bids on it.');
  add(Slice, 'skips', lists.skips, 'sliceId', 'When it was proved and not paid.');
  add(Settlement, 'proofs', lists.proofs, 'settlementId', 'What it paid.');
  add(Settlement, 'skips', lists.skips, 'settlementId', 'What it skipped.');
  add(Prover, 'bids', lists.bids, 'proverId', 'Its bids.');
  add(Prover, 'proofs', lists.proofs, 'proverId', 'What it was paid for.');
  add(Account, 'ledger', lists.ledger, 'accountId', 'What moved in it.');
  add(Account, 'jobs', lists.jobs, 'requester', 'Jobs that it posted.');
  add(Account, 'executed', lists.jobs, 'executor', 'Jobs that it executes or executed.');
  add(Account, 'models', lists.models, 'publisher', 'Models that it registered.');
  add(Account, 'circuits', lists.circuits, 'registrant', 'Circuits that it registered.');
  add(Account, 'settlements', lists.settlements, 'settler', 'Transactions in which it settled slices.');
  add(Account, 'operatorOf', lists.operators, 'operator', 'For whom it acts, and for whom it did before.');
  add(
    Account,
    'operators',
    lists.operators,
    'accountId',
    'Whom it named to act for it, and whom it did before.',
  );
}
