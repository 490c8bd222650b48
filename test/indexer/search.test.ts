import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOSTILE_NAME, openExplorerWorld, type ExplorerWorld } from './support/explorer-world.ts';

let world: ExplorerWorld;
beforeAll(async () => {
  world = await openExplorerWorld();
});
afterAll(() => world.close());

interface Hit {
  readonly kind: string;
  readonly key: string;
  readonly name: string | null;
  readonly node: { readonly nodeId: string; readonly __typename: string } | null;
}

async function search(text: string): Promise<readonly Hit[]> {
  const { search: hits } = await world.service.query<{ search: readonly Hit[] }>(
    'query ($text: String!) { search(text: $text) { kind key name node { nodeId __typename } } }',
    { text },
  );
  return hits;
}

test('what has a key is found by the whole of it and by its beginning, and by nothing else', async () => {
  const { jobs, market, settlement, anvil } = world;
  const { alice, settler } = market.address;
  const posted = (
    await world.service.query<{ job: { transactionHash: string } }>(
      `{ job(id: "${jobs[0]}") { transactionHash } }`,
    )
  ).job.transactionHash;
  const wanted: readonly (readonly [whole: string, kind: string, node: string | undefined])[] = [
    [jobs[0], 'JOB', `Job:${jobs[0]}`],
    [`${jobs[0]}:1`, 'SLICE', `Slice:${jobs[0]}:1`],
    [market.modelId, 'MODEL', `Model:${market.modelId}`],
    [alice, 'ACCOUNT', `Account:${alice}`],
    [settler, 'ACCOUNT', `Account:${settler}`],
    [settlement, 'TRANSACTION', `Settlement:${settlement}`],
    [posted, 'TRANSACTION', undefined],
  ];
  for (const [whole, kind, node] of wanted) {
    const [, hex, rest] = /^(0x\w+)(:\d+)?$/.exec(whole)!;
    for (const text of [
      whole,
      whole.toUpperCase().replace('0X', '0x'),
      ` ${hex.slice(0, 14)}${rest ?? ''} `,
    ]) {
      const hits = await search(text);
      expect([text, ...hits.map((hit) => [hit.kind, hit.key, hit.node?.nodeId])]).toEqual([
        text,
        [kind, whole, node],
      ]);
    }
    // One digit more, another, or less: no such key.
    const last = hex.at(-1) === '0' ? '1' : '0';
    for (const text of [`${hex}0`, `${hex.slice(0, -1)}${last}`]) expect(await search(text)).toEqual([]);
  }
  expect(await search('1')).toMatchObject([{ kind: 'CIRCUIT', key: '1', node: { nodeId: 'Circuit:1' } }]);
  for (const text of [
    '',
    '0x',
    '999',
    `${jobs[0]}:99`,
    '%',
    '_',
    await anvil.provider.getBlock(0).then((b) => b!.hash!),
  ]) {
    expect([text, await search(text)]).toEqual([text, []]);
  }
});

test('a model is found by a part of its name, whatever that is', async () => {
  const hit = { kind: 'MODEL', key: world.market.modelId, name: HOSTILE_NAME };
  expect(await search('ONERROR=')).toMatchObject([hit]);
});

test('a beginning that many share finds a few of each kind', async () => {
  const hits = await search('0x');
  const all = await search('0x0');
  expect(hits).toEqual([]);
  for (const kind of new Set(all.map((hit) => hit.kind))) {
    expect(all.filter((hit) => hit.kind === kind).length).toBeLessThanOrEqual(5);
  }
});

test('whatever is shown is found again by its name, in the order that is asked for', async () => {
  const lists = ['circuits', 'models', 'jobs', 'slices', 'bids', 'proofs', 'settlements', 'skips'];
  const more = ['provers', 'accounts', 'operators', 'ledger'];
  for (const list of [...lists, ...more]) {
    const { [list]: page } = await world.service.query<
      Record<string, { nodes: readonly { id: string; nodeId: string }[] }>
    >(`{ ${list}(first: 3) { nodes { id nodeId } } }`);
    expect(page.nodes.length).toBeGreaterThan(0);
    const ids = page.nodes.map(({ nodeId }) => nodeId).toReversed();
    const { nodes, node } = await world.service.query<{ nodes: readonly object[]; node: object }>(
      'query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { nodeId } node(id: $id) { nodeId } }',
      { ids: [...ids, 'Job:0x1', 'Totals:market', 'Sync:x', 'nothing'], id: ids[0] },
    );
    expect(nodes).toEqual([...ids.map((nodeId) => ({ nodeId })), null, null, null, null]);
    expect(node).toEqual({ nodeId: ids[0] });
  }
});

test('names within names are counted as rows, and too many are refused', async () => {
  const codesOf = async (text: string): Promise<readonly unknown[]> =>
    ((await world.service.ask(text)).errors ?? []).map(({ extensions }) => extensions?.code);
  const inner = 'slices { bids(first: 100) { nodes { id } } }';
  expect(await codesOf(`{ nodes(ids: []) { ... on Job { ${inner} } } }`)).toContain('GRAPHQL_TOO_MANY_ROWS');
  const ids = JSON.stringify(Array.from({ length: 101 }, () => 'Circuit:1'));
  expect(await codesOf(`{ nodes(ids: ${ids}) { nodeId } }`)).toEqual(['GRAPHQL_BAD_PAGE']);
  expect(await codesOf(`{ search(text: "${'a'.repeat(201)}") { key } }`)).toEqual(['GRAPHQL_BAD_VALUE']);
});

test('an account has the roles in which it acted, and a list of each', async () => {
  const rolesOf = async (address: string): Promise<readonly string[] | undefined> =>
    (
      await world.service.query<{ account: { roles: readonly string[] } | null }>(
        `{ account(address: "${address}") { roles } }`,
      )
    ).account?.roles;
  const { owner, requester, executor, alice, bob, settler } = world.market.address;
  expect(await rolesOf(requester)).toContain('REQUESTER');
  expect(await rolesOf(executor)).toEqual(expect.arrayContaining(['EXECUTOR', 'PROVER']));
  expect(await rolesOf(alice)).toContain('PROVER');
  expect(await rolesOf(settler)).toEqual(expect.arrayContaining(['AGGREGATOR', 'OPERATOR']));
  // Named once, and no more.
  expect(await rolesOf(bob)).not.toContain('OPERATOR');
  expect(await rolesOf(`0x${'12'.repeat(20)}`)).toBeUndefined();
  expect(await rolesOf(owner)).toEqual(expect.arrayContaining(['PUBLISHER', 'REGISTRANT']));
  interface Listed {
    readonly account: Readonly<Record<string, { readonly totalCount: number }>>;
  }
  const { account } = await world.service.query<Listed>(
    `{ account(address: "${owner}") { models { totalCount } circuits { totalCount } } }`,
  );
  expect(account.models.totalCount).toBe(1);
  expect(account.circuits.totalCount).toBeGreaterThan(1);
  const settled = await world.service.query<Listed>(
    `{ account(address: "${settler}") { settlements { totalCount } operatorOf { totalCount } } }`,
  );
  expect(settled.account.settlements.totalCount).toBeGreaterThan(0);
  expect(settled.account.operatorOf.totalCount).toBe(1);
});
