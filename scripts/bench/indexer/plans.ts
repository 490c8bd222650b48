import { execute, parse } from 'graphql';
import { Reads } from '../../../indexer/graphql/reads.ts';
import { createSchema } from '../../../indexer/graphql/schema.ts';
import type { Readings } from '../../../protocol/database/readings.ts';
import { BenchError } from '../errors.ts';
import type { Query } from './queries.ts';

/** How the database answers a query. */
export interface Plan {
  readonly statements: number;
  /** In the database, all statements together. */
  readonly milliseconds: number;
  /** Every plan, as PostgreSQL prints it. */
  readonly text: string;
  /** Tables that are looked at row by row. */
  readonly scans: readonly { readonly table: string; readonly rows: number }[];
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

const schema = createSchema();
/** What these ask for is read otherwise: from stores, the chain, or what the writer said. */
const NOT_ROWS = /\bmeta\b|manifest|revealedOutputs|publicInputs|\bsetup\b/;

/** @returns undefined of a query that asks for more than rows */
export async function planOf({ name, text }: Query, readings: Readings): Promise<Plan | undefined> {
  if (NOT_ROWS.test(text)) return undefined;
  const made: { readonly sql: string; readonly parameters: readonly unknown[] }[] = [];
  const noted: Readings = {
    query: (sql, parameters = []) => {
      if (!sql.startsWith('EXPLAIN')) made.push({ sql, parameters });
      return readings.query(sql, parameters);
    },
    close: () => Promise.resolve(),
  };
  const status = () => ({ state: 'live', head: 1, cursor: 1 });
  const contextValue = { reads: new Reads(noted), status };
  const { errors } = await execute({ schema, document: parse(text), contextValue });
  if (errors !== undefined) throw new BenchError('BENCH_REFUSED', `${name}: ${errors[0].message}`);
  let milliseconds = 0;
  const texts: string[] = [];
  const scans: { table: string; rows: number }[] = [];
  for (const { sql, parameters } of made) {
    const [found] = await readings.query<{
      'QUERY PLAN': readonly { readonly Plan: PlanNode; readonly 'Execution Time': number }[];
    }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, parameters);
    const [{ Plan, 'Execution Time': took }] = found['QUERY PLAN'];
    milliseconds += took;
    scans.push(...scansOf(Plan));
    const lines = await readings.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ${sql}`,
      parameters,
    );
    texts.push(lines.map((line) => line['QUERY PLAN']).join('\n'));
  }
  return { statements: made.length, milliseconds, text: texts.join('\n\n'), scans };
}

function scansOf(node: PlanNode): readonly { readonly table: string; readonly rows: number }[] {
  const own =
    node['Node Type'] === 'Seq Scan'
      ? [
          {
            table: node['Relation Name'] ?? '',
            rows: node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0),
          },
        ]
      : [];
  return [...own, ...(node.Plans ?? []).flatMap(scansOf)];
}
