import type { Builder, GraphqlContext } from './builder.ts';
import type { NodeInterface, NodeRow } from './node.ts';
import { rolesOf } from './roles.ts';
import { badValue } from './scalars.ts';

interface Hit {
  readonly kind: 'JOB' | 'SLICE' | 'MODEL' | 'CIRCUIT' | 'ACCOUNT' | 'TRANSACTION';
  readonly key: string;
  readonly name?: string | undefined;
  readonly node: NodeRow | null;
}

/** Of each kind at most. */
const OF_A_KIND = 5;
const KINDS = 6;
const LONGEST_TEXT = 200;
/** Rows of one transaction that are looked through for others of the same prefix. */
const EVENTS_LOOKED_AT = 200;
/** The newest models, whose names are asked for where a store gives them. */
const NAMED_MODELS = 50;

/** One box for everything that has a key. */
export function addSearch(builder: Builder, Node: NodeInterface): void {
  const SearchKind = builder.enumType('SearchKind', {
    description: 'What was found.',
    values: {
      JOB: { description: 'A job, by its id or the beginning of it.' },
      SLICE: { description: 'A slice, by its job’s id or the beginning of it, a colon and its index.' },
      MODEL: { description: 'A model, by its id, the beginning of it, or a part of its name.' },
      CIRCUIT: { description: 'A circuit, by its number.' },
      ACCOUNT: { description: 'An account, by its address or the beginning of it.' },
      TRANSACTION: {
        description: 'A transaction with events of the market, by its hash or the beginning of it.',
      },
    } as const,
  });
  const SearchHit = builder.objectRef<Hit>('SearchHit').implement({
    description: 'Something whose key or name fits.',
    fields: (t) => ({
      kind: t.field({ type: SearchKind, description: 'What it is.', resolve: ({ kind }) => kind }),
      key: t.exposeString('key', { description: 'What it is called: its id, address or hash.' }),
      name: t.exposeString('name', {
        nullable: true,
        description: 'What its publisher calls it, of a model that was found by that.',
      }),
      node: t.field({
        type: Node,
        nullable: true,
        description: 'Its row: of a transaction its `Settlement`, absent where it settled nothing.',
        resolve: ({ node }) => node,
      }),
    }),
  });
  builder.queryField('search', (t) =>
    t.field({
      type: [SearchHit],
      description: `What has a key that begins with the text (0x and hexadecimal digits, a job's with a colon and an index for a slice, a circuit's number), and models with it in their names. At most ${OF_A_KIND} of a kind.`,
      extensions: { most: OF_A_KIND * KINDS, volatile: true },
      args: {
        text: t.arg.string({ required: true, description: `At most ${LONGEST_TEXT} characters.` }),
      },
      resolve: (_root, { text }, context) => search(text.trim(), context),
    }),
  );
}

async function search(text: string, context: GraphqlContext): Promise<readonly Hit[]> {
  if (text.length > LONGEST_TEXT) throw badValue(`expected at most ${LONGEST_TEXT} characters`);
  if (text === '') return [];
  const [, hex, slice] = /^(0x[0-9a-f]{1,64})(?::(\d{1,3}))?$/i.exec(text) ?? [];
  if (hex !== undefined) return byPrefix(hex.toLowerCase(), slice, context);
  const byNumber = /^\d{1,9}$/.test(text) ? await circuit(text, context) : [];
  return [...byNumber, ...(await byName(text.toLowerCase(), context))];
}

async function circuit(id: string, { reads }: GraphqlContext): Promise<readonly Hit[]> {
  const row = await reads.row('Circuit', id);
  return row === undefined ? [] : [{ kind: 'CIRCUIT', key: id, node: { ...row, typeName: 'Circuit' } }];
}

async function byPrefix(
  hex: string,
  slice: string | undefined,
  context: GraphqlContext,
): Promise<readonly Hit[]> {
  const { reads } = context;
  const jobIds = await reads.idsFrom('Job', hex, OF_A_KIND);
  if (slice !== undefined) {
    const ids = jobIds.map((id) => `${id}:${Number(slice)}`);
    const rows = await Promise.all(ids.map((id) => reads.row('Slice', id)));
    return rows.flatMap((row) =>
      row === undefined
        ? []
        : [{ kind: 'SLICE' as const, key: row.id, node: { ...row, typeName: 'Slice' as const } }],
    );
  }
  const [jobs, models, accounts, transactions] = await Promise.all([
    Promise.all(jobIds.map((id) => reads.row('Job', id))),
    reads
      .idsFrom('Model', hex, OF_A_KIND)
      .then((ids) => Promise.all(ids.map((id) => reads.row('Model', id)))),
    hex.length > 42 ? [] : accountsFrom(hex, context),
    transactionsFrom(hex, context),
  ]);
  return [
    ...jobs.flatMap((row): readonly Hit[] =>
      row === undefined ? [] : [{ kind: 'JOB', key: row.id, node: { ...row, typeName: 'Job' } }],
    ),
    ...models.flatMap((row): readonly Hit[] =>
      row === undefined ? [] : [{ kind: 'MODEL', key: row.id, node: { ...row, typeName: 'Model' } }],
    ),
    ...accounts,
    ...transactions,
  ];
}

async function accountsFrom(hex: string, { reads }: GraphqlContext): Promise<readonly Hit[]> {
  const ids = await reads.idsFrom('Account', hex, OF_A_KIND);
  // Whoever only published or registered has no ledger, and is found by the whole address.
  if (ids.length === 0 && hex.length === 42 && (await rolesOf(hex, reads)).length > 0) ids.push(hex);
  const rows = await Promise.all(ids.map((id) => reads.account(id)));
  return rows.map((row) => ({ kind: 'ACCOUNT', key: row.id, node: { ...row, typeName: 'Account' } }));
}

async function transactionsFrom(hex: string, { reads }: GraphqlContext): Promise<readonly Hit[]> {
  const found = await reads.query<{ hash: string }>(
    `SELECT "transactionHash" AS hash FROM "Event" WHERE "transactionHash" >= $1 AND "transactionHash" < $1 || 'g'
     ORDER BY "transactionHash" LIMIT ${EVENTS_LOOKED_AT}`,
    [hex],
  );
  const hashes = [...new Set(found.map(({ hash }) => hash))].slice(0, OF_A_KIND);
  return Promise.all(
    hashes.map(async (key): Promise<Hit> => {
      const row = await reads.row('Settlement', key);
      return {
        kind: 'TRANSACTION',
        key,
        node: row === undefined ? null : { ...row, typeName: 'Settlement' },
      };
    }),
  );
}

async function byName(text: string, { reads, published }: GraphqlContext): Promise<readonly Hit[]> {
  const models = await reads.newest('Model', NAMED_MODELS);
  const named = await Promise.all(
    models.map(async (row) => ({ row, name: (await published.card(row.manifestDigest))?.name })),
  );
  return named
    .filter(({ name }) => name?.toLowerCase().includes(text))
    .slice(0, OF_A_KIND)
    .map(({ row, name }) => ({ kind: 'MODEL', key: row.id, name, node: { ...row, typeName: 'Model' } }));
}
