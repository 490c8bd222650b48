import type { Builder } from './builder.ts';
import type { FieldMaker, List } from './connection.ts';
import type { Lists } from './lists.ts';
import { addMeta } from './meta.ts';
import type { Objects } from './objects.ts';
import { noLedger } from './reads.ts';
import { rolesOf } from './roles.ts';
import { addTotals } from './totals.ts';

/** What can be asked for. */
export function addQueries(builder: Builder, objects: Objects, lists: Lists): void {
  const { Totals, Status } = addTotals(builder, objects);
  const Meta = addMeta(builder);
  builder.queryType({
    description: 'What can be asked for.',
    fields: (t) => {
      const list = ({ type, args, load }: List, description: string) =>
        (t as unknown as FieldMaker).field({
          type,
          description,
          args: args(t),
          resolve: (_root, pageArgs, context) => load(pageArgs, context),
        }) as never;
      return {
        circuit: t.field({
          type: objects.Circuit,
          nullable: true,
          description: 'A circuit by its number.',
          args: { id: t.arg.id({ required: true, description: "The registry's number." }) },
          resolve: (_root, { id }, { reads }) => reads.row('Circuit', id),
        }),
        model: t.field({
          type: objects.Model,
          nullable: true,
          description: 'A model by its id.',
          args: { id: t.arg({ type: 'Bytes32', required: true, description: 'Its id.' }) },
          resolve: (_root, { id }, { reads }) => reads.row('Model', id),
        }),
        job: t.field({
          type: objects.Job,
          nullable: true,
          description: 'A job by its id.',
          args: { id: t.arg({ type: 'Bytes32', required: true, description: 'Its id.' }) },
          resolve: (_root, { id }, { reads }) => reads.row('Job', id),
        }),
        slice: t.field({
          type: objects.Slice,
          nullable: true,
          description: 'A slice of a job.',
          args: {
            jobId: t.arg({ type: 'Bytes32', required: true, description: 'The id of the job.' }),
            index: t.arg.int({ required: true, description: 'Its number in the model, from 0.' }),
          },
          resolve: (_root, { jobId, index }, { reads }) => reads.row('Slice', `${jobId}:${index}`),
        }),
        settlement: t.field({
          type: objects.Settlement,
          nullable: true,
          description: 'A transaction that settled slices.',
          args: { transactionHash: t.arg({ type: 'Bytes32', required: true, description: 'Its hash.' }) },
          resolve: (_root, { transactionHash: id }, { reads }) => reads.row('Settlement', id),
        }),
        prover: t.field({
          type: objects.Prover,
          nullable: true,
          description: 'An account’s record as a prover. Absent: it never was one.',
          args: { address: t.arg({ type: 'Address', required: true, description: 'Its address.' }) },
          resolve: (_root, { address: id }, { reads }) => reads.row('Prover', id),
        }),
        account: t.field({
          type: objects.Account,
          nullable: true,
          description: 'An account: its ledger, and what it did. Absent: nothing.',
          args: { address: t.arg({ type: 'Address', required: true, description: 'Its address.' }) },
          resolve: async (_root, { address: id }, { reads }) =>
            (await reads.row('Account', id)) ?? ((await rolesOf(id, reads)).length > 0 ? noLedger(id) : null),
        }),
        circuits: list(lists.circuits, 'All circuits.'),
        models: list(lists.models, 'All models.'),
        jobs: list(lists.jobs, 'All jobs.'),
        slices: list(lists.slices, 'Slices of all jobs.'),
        bids: list(lists.bids, 'All bids.'),
        proofs: list(lists.proofs, 'All proofs that were paid.'),
        settlements: list(lists.settlements, 'All transactions that settled slices.'),
        skips: list(lists.skips, 'All slices that were proved and not paid.'),
        provers: list(lists.provers, 'All accounts that ever were provers.'),
        accounts: list(lists.accounts, 'All accounts with a ledger.'),
        operators: list(lists.operators, 'Who acts, or acted, for whom.'),
        ledger: list(lists.ledger, 'What moved in all accounts.'),
        totals: t.field({
          type: Totals,
          nullable: true,
          description: 'Sums over the whole market. Absent before the first event.',
          resolve: (_root, _args, { reads }) => reads.row('Totals', 'market'),
        }),
        meta: t.field({
          type: Meta,
          description: 'Which market this is, and how far it is known.',
          resolve: (_root, _args, { deployment }) => deployment,
        }),
        status: t.field({
          type: Status,
          extensions: { volatile: true },
          description: 'Where the index stands.',
          resolve: (_root, _args, { status }) => status(),
        }),
      };
    },
  });
}
