import { GraphQLError } from 'graphql';
import { TABLES, type TableName } from '../projection/rows.ts';
import type { Builder, GraphqlContext } from './builder.ts';

/** A row with the name of its type, as whatever returns a `Node` gives it. */
export interface NodeRow {
  readonly id: string;
  readonly typeName: TableName;
}

/** Tables whose rows have a name of their own: not the one row of sums. */
const NAMED = TABLES.filter((table) => table !== 'Totals');

const MOST_NODES = 100;

/**
 * The rows' common interface. Its key is `nodeId`, not Relay's `id`: a job's `id` is what the contracts, the command line and every
 * link call it, and one address is both an account's and a prover's. Relay's compiler is told by a setting (docs/graphql.md).
 */
export function addNode(builder: Builder) {
  return builder.interfaceRef<{ readonly id: string }>('Node').implement({
    description: 'A row that `node` finds again.',
    fields: (t) => ({
      nodeId: t.id({
        description: 'Its name among all rows: its type, a colon and its `id`.',
        resolve: ({ id }, _args, _context, { parentType }) => nodeIdOf(parentType.name, id),
      }),
    }),
    resolveType: (row) => (row as NodeRow).typeName,
  });
}

export type NodeInterface = ReturnType<typeof addNode>;

export function nodeIdOf(typeName: string, id: string): string {
  return `${typeName}:${id}`;
}

/** `node` and `nodes`. */
export function addNodeQueries(builder: Builder, Node: NodeInterface): void {
  builder.queryFields((t) => ({
    node: t.field({
      type: Node,
      nullable: true,
      description: 'A row by its `nodeId`. Absent: there is none.',
      args: { id: t.arg.id({ required: true, description: 'Its `nodeId`.' }) },
      resolve: (_root, { id }, context) => nodeOf(id, context),
    }),
    nodes: t.field({
      type: [Node],
      nullable: { items: true, list: false },
      description: `Up to ${MOST_NODES} rows by their \`nodeId\`s, in that order.`,
      extensions: { most: MOST_NODES },
      args: { ids: t.arg.idList({ required: true, description: 'Their `nodeId`s.' }) },
      resolve: (_root, { ids }, context) => {
        if (ids.length > MOST_NODES) {
          throw new GraphQLError(`\`ids\` has at most ${MOST_NODES}, got ${ids.length}.`, {
            extensions: { code: 'GRAPHQL_BAD_PAGE' },
          });
        }
        return Promise.all(ids.map((id) => nodeOf(id, context)));
      },
    }),
  }));
}

async function nodeOf(nodeId: string, { reads }: GraphqlContext): Promise<NodeRow | null> {
  const colon = nodeId.indexOf(':');
  const typeName = NAMED.find((table) => table === nodeId.slice(0, colon));
  if (typeName === undefined) return null;
  const row = await reads.row(typeName, nodeId.slice(colon + 1));
  return row === undefined ? null : { ...row, typeName };
}
