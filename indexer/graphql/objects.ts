import type { Builder } from './builder.ts';
import type { Enums } from './enums.ts';
import { addAccount } from './objects/account.ts';
import { addJob } from './objects/job.ts';
import { addPeriod } from './objects/period.ts';
import { addRegistries } from './objects/registries.ts';
import { addSettling } from './objects/settling.ts';
import { addSlice } from './objects/slice.ts';
import { addRelations } from './relations.ts';

/** The rows as GraphQL objects, without the lists that hang on them. */
export function addObjects(builder: Builder, enums: Enums) {
  const relations = addRelations(builder);
  return {
    ...addRegistries(relations),
    Job: addJob(relations, enums),
    ...addSlice(relations, enums),
    ...addSettling(relations, enums),
    ...addAccount(relations, enums),
    Period: addPeriod(relations, enums),
    Totals: relations.refs.Totals,
    Node: relations.Node,
  };
}

export type Objects = ReturnType<typeof addObjects>;
