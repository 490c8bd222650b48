import { keccak256, ZeroHash } from 'ethers';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeCursor } from '../../indexer/graphql/cursor.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { subscribe } from './support/events.ts';
import { backends } from './support/index.ts';
import { openMarket, type Market } from './support/market.ts';
import { playEverything } from './support/scenario.ts';
import { startService, type TestService } from './support/service.ts';
import { until } from '../support/until.ts';

let anvil: Anvil;
let market: Market;
beforeAll(async () => {
  anvil = await startAnvil();
  market = await openMarket(anvil);
  await playEverything(anvil, market);
});
afterAll(() => anvil.stop());

interface PageOf<Node> {
  readonly nodes: readonly Node[];
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe.each(backends)('GraphQL on $backend', ({ server, skip }) => {
  describe.skipIf(skip)('(skipped where no PostgreSQL answers)', () => {
    let service: TestService;
    beforeAll(async () => {
      service = await startService(anvil, market.deployment, server);
      await service.caughtUp();
    });
    afterAll(() => service.close());

    test.each([
      ['ledger', 'AGE', 'DESC'],
      ['ledger', 'AGE', 'ASC'],
      ['slices', 'CHANGED', 'DESC'],
      ['slices', 'RAISE', 'ASC'],
      ['accounts', 'BALANCE', 'DESC'],
      ['provers', 'EARNED', 'ASC'],
      ['jobs', 'SETTLED', 'DESC'],
      ['bids', 'PRICE', 'ASC'],
      ['models', 'JOBS', 'DESC'],
      ['circuits', 'SIGNALS', 'ASC'],
      ['proofs', 'PRICE', 'DESC'],
      ['settlements', 'GAS_USED', 'ASC'],
      ['skips', 'AGE', 'ASC'],
      ['operators', 'AGE', 'DESC'],
    ])('pages through %s by %s %s without gap or repetition', async (list, field, direction) => {
      const read = async (first: number, after: string | null): Promise<PageOf<{ id: string }>> => {
        const data = await service.query<Record<string, PageOf<{ id: string }>>>(
          `query ($first: Int, $after: String) { ${list}(first: $first, after: $after,
             orderBy: { field: ${field}, direction: ${direction} })
           { nodes { id } totalCount pageInfo { hasNextPage endCursor } } }`,
          { first, after },
        );
        return data[list];
      };
      const whole = await read(100, null);
      expect(whole.nodes).toHaveLength(whole.totalCount);
      expect(whole.pageInfo.hasNextPage).toBe(false);
      const paged: { id: string }[] = [];
      for (let page = await read(3, null); ; page = await read(3, page.pageInfo.endCursor)) {
        paged.push(...page.nodes);
        if (!page.pageInfo.hasNextPage) break;
      }
      expect(paged).toEqual(whole.nodes);
      expect(new Set(paged.map(({ id }) => id)).size).toBe(whole.totalCount);
    });

    test.each(['circuits', 'models', 'jobs', 'bids', 'proofs', 'skips', 'operators', 'ledger'])(
      'what came of a transaction is found by it: %s',
      async (list) => {
        const read = async (where: string): Promise<readonly { transactionHash: string }[]> => {
          const found = await service.query<Record<string, PageOf<{ transactionHash: string }>>>(
            `{ ${list}(first: 100, ${where}) { nodes { id transactionHash } } }`,
          );
          return found[list].nodes;
        };
        const all = await read('where: {}');
        const hashes = [...new Set(all.map(({ transactionHash }) => transactionHash))];
        expect(hashes.length).toBeGreaterThan(0);
        for (const hash of hashes) {
          const of = all.filter(({ transactionHash }) => transactionHash === hash);
          expect(await read(`where: { transactionHash: { equals: "${hash}" } }`)).toEqual(of);
          const others = `{ transactionHash: { in: ["${hash}", "${ZeroHash}"] } }`;
          expect(await read(`where: ${others}`)).toEqual(of);
          expect(await read(`where: { NOT: ${others} }`)).toEqual(all.filter((row) => !of.includes(row)));
        }
        expect(await read(`where: { transactionHash: { equals: "${ZeroHash}" } }`)).toEqual([]);
      },
    );

    test.each([
      ['models', ['jobs']],
      ['provers', ['bids', 'proofs']],
      ['jobs', ['bids', 'proofs', 'ledger']],
      ['settlements', ['proofs', 'skips']],
      ['slices', ['bids', 'skips']],
    ])('what is counted of each of the %s is what there is', async (list, lists) => {
      type Counted = { [name: string]: PageOf<unknown> };
      const inner = lists.map((name) => `${name}(first: 40) { nodes { __typename } totalCount }`).join(' ');
      // The newest and the oldest: some of them have nothing yet.
      const rows: Counted[] = [];
      for (const end of ['first', 'last']) {
        const found = await service.query<Record<string, { nodes: Counted[] }>>(
          `{ ${list}(${end}: 8) { nodes { ${inner} } } }`,
        );
        rows.push(...found[list].nodes);
      }
      const counts = rows.flatMap((row) =>
        lists.map((name) => [row[name].totalCount, row[name].nodes.length]),
      );
      expect(counts.filter(([told]) => told > 0).length).toBeGreaterThan(0);
      for (const [told, counted] of counts) expect(told).toBe(counted);
    });

    test('tells who acts for an account, and who did', async () => {
      const { alice, bob, settler } = market.address;
      const { account, operators } = await service.query<{
        account: { operators: PageOf<{ operator: string; named: boolean }> };
        operators: PageOf<{ account: { id: string } }>;
      }>(
        `{ account(address: "${alice}") {
             operators(orderBy: { field: AGE, direction: ASC }) { nodes { operator named } } }
           operators(where: { operator: { equals: "${settler}" }, named: { equals: true } }) {
             nodes { account { id } } } }`,
      );
      expect(account.operators.nodes).toEqual([
        { operator: settler, named: true },
        { operator: bob, named: false },
      ]);
      expect(operators.nodes).toEqual([{ account: { id: alice } }]);
    });

    test('tells which contract verifies a circuit without a key', async () => {
      const verifier = market.deployment.addresses.asset.toLowerCase();
      const { circuits } = await service.query<{ circuits: PageOf<Record<string, unknown>> }>(
        `{ circuits(where: { verifier: { equals: "${verifier}" } }) {
             nodes { verifier gasLimit codeHash signals srsId } } }`,
      );
      const codeHash = keccak256(await anvil.provider.getCode(verifier));
      expect(circuits.nodes).toEqual([
        { verifier, gasLimit: 250_000, codeHash, signals: 3, srsId: ZeroHash },
      ]);
      const { circuit } = await service.query<{ circuit: Record<string, unknown> }>(
        '{ circuit(id: "1") { verifier gasLimit codeHash } }',
      );
      expect(circuit).toEqual({ verifier: null, gasLimit: null, codeHash: null });
    });

    test('pages backwards through what it pages forwards', async () => {
      interface LedgerPage {
        readonly nodes: readonly { readonly id: string }[];
        readonly pageInfo: Record<'startCursor' | 'endCursor', string> &
          Record<'hasPreviousPage' | 'hasNextPage', boolean>;
      }
      const read = async (args: string): Promise<LedgerPage> =>
        (
          await service.query<{ ledger: LedgerPage }>(
            `{ ledger(${args}, orderBy: { field: AGE, direction: ASC }) {
                 nodes { id } pageInfo { startCursor endCursor hasPreviousPage hasNextPage } } }`,
          )
        ).ledger;
      const whole = await read('first: 100');
      const back = await read('last: 5');
      expect(back.nodes).toEqual(whole.nodes.slice(-5));
      expect(back.pageInfo).toMatchObject({ hasPreviousPage: true, hasNextPage: false });
      const before = await read(`last: 5, before: "${back.pageInfo.startCursor}"`);
      expect(before.nodes).toEqual(whole.nodes.slice(-10, -5));
      const again = await read(`first: 5, after: "${before.pageInfo.endCursor}"`);
      expect(again.nodes).toEqual(back.nodes);
    });

    test('orders by numbers, not by their digits', async () => {
      const { accounts } = await service.query<{ accounts: PageOf<{ balance: string }> }>(
        '{ accounts(first: 100, orderBy: { field: BALANCE }) { nodes { balance } } }',
      );
      const balances = accounts.nodes.map(({ balance }) => BigInt(balance));
      expect(balances).toEqual(balances.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
      expect(balances[0]).toBeGreaterThan(2n ** 64n);
    });

    test('goes on at the right place when the row of the cursor is gone', async () => {
      const { jobs } = await service.query<{ jobs: PageOf<{ id: string; initialEscrow: string }> }>(
        '{ jobs(first: 100, orderBy: { field: ESCROW, direction: ASC }) { nodes { id initialEscrow } } }',
      );
      const value = jobs.nodes[2].initialEscrow;
      const after = writeCursor({ column: 'initialEscrow', value, id: `${jobs.nodes[2].id.slice(0, -1)}~` });
      const rest = await service.query<{ jobs: PageOf<{ id: string }> }>(
        'query ($after: String) { jobs(first: 100, after: $after, orderBy: { field: ESCROW, direction: ASC }) { nodes { id } } }',
        { after },
      );
      expect(rest.jobs.nodes.map(({ id }) => id)).toEqual(jobs.nodes.slice(3).map(({ id }) => id));
    });

    test('filters by state, account, amount and time', async () => {
      interface JobRow {
        readonly id: string;
        readonly state: string;
        readonly executor: string | null;
        readonly initialEscrow: string;
        readonly timestamp: number;
      }
      const fields = 'nodes { id state executor initialEscrow timestamp }';
      const all = (await service.query<{ jobs: PageOf<JobRow> }>(`{ jobs(first: 100) { ${fields} } }`)).jobs
        .nodes;
      const check = async (where: string, keep: (job: JobRow) => boolean): Promise<void> => {
        const { jobs } = await service.query<{ jobs: PageOf<JobRow> }>(
          `{ jobs(first: 100, where: ${where}) { ${fields} totalCount } }`,
        );
        expect(jobs.nodes).toEqual(all.filter(keep));
        expect(jobs.nodes.length).toBeGreaterThan(0);
        expect(jobs.totalCount).toBe(jobs.nodes.length);
      };
      const { executor, requester } = market.address;
      const least = all.map((job) => BigInt(job.initialEscrow)).reduce((a, b) => (a < b ? a : b));
      const middle = all[3].timestamp;
      await check('{ state: { equals: FINALIZED } }', (job) => job.state === 'FINALIZED');
      await check('{ state: { in: [CLOSED, TRACED] } }', (job) => ['CLOSED', 'TRACED'].includes(job.state));
      await check(
        `{ executor: { equals: "${executor.toUpperCase().replace('0X', '0x')}" } }`,
        (job) => job.executor === executor,
      );
      await check(`{ initialEscrow: { gt: "${least}" } }`, (job) => BigInt(job.initialEscrow) > least);
      await check(
        `{ timestamp: { lte: ${middle} }, requester: { equals: "${requester}" } }`,
        (job) => job.timestamp <= middle,
      );
    });

    test('shows a job with its slices, bids, proofs and money', async () => {
      const { jobs } = await service.query<{ jobs: PageOf<Record<string, unknown>> }>(
        `{ jobs(first: 2, where: { state: { equals: FINALIZED } }) { nodes {
            dueCount settledCount escrow executor model { id provableCount }
            slices { index state due lapseCount bids { nodes { state prover { id } } } proof { price raise prover { id } settlement { proofCount gasUsed } } }
        } } }`,
      );
      const { alice, bob, executor } = market.address;
      // The newest job comes first; the other finalized one was audited.
      expect(jobs.nodes).toMatchObject([
        { dueCount: 2, settledCount: 2, slices: { length: 4 } },
        {
          dueCount: 3,
          settledCount: 3,
          escrow: '0',
          executor,
          model: { id: market.modelId, provableCount: 3 },
          slices: [
            {
              state: 'SETTLED',
              due: true,
              lapseCount: 0,
              bids: {
                nodes: [
                  { state: 'PAID', prover: { id: bob } },
                  { state: 'OUTBID', prover: { id: alice } },
                ],
              },
              proof: { price: '27000', raise: '0', prover: { id: bob }, settlement: { proofCount: 1 } },
            },
            {
              state: 'SETTLED',
              lapseCount: 1,
              bids: { nodes: [{ state: 'LAPSED', prover: { id: alice } }] },
              // A lapsed bid's price, and 40% of its collateral: 200% of weight 12 at 5,000.
              proof: { price: '12000', raise: '48000', prover: { id: bob }, settlement: { proofCount: 2 } },
            },
            { state: 'SETTLED', bids: { nodes: [] }, proof: { prover: { id: alice } } },
            { state: 'OPEN', due: false, proof: null },
          ],
        },
      ]);
      const slices = jobs.nodes[1].slices as {
        proof: { price: string; settlement: { gasUsed: string } } | null;
      }[];
      // Nobody bid on it: seven times the ramp's price of that moment.
      const price = Number(slices[2].proof?.price);
      expect([price % 7, price > 7_000, price <= 35_000]).toEqual([0, true, true]);
      expect(Number(slices[0].proof?.settlement.gasUsed)).toBeGreaterThan(200_000);
    });

    test('keeps the laws over money', async () => {
      const { totals } = await service.query<{ totals: { invariants: { name: string; holds: boolean }[] } }>(
        '{ totals { invariants { name holds } } }',
      );
      expect(totals.invariants).toHaveLength(3);
      expect(totals.invariants.filter(({ holds }) => !holds)).toEqual([]);
    });

    test('says which contract a job has say who may enter, and finds jobs by it', async () => {
      const hook = market.deployment.addresses.circuitRegistry.toLowerCase();
      const data = keccak256('0x01');
      const jobId = await market.post({ admission: { hook, data } });
      const open = await market.post();
      await service.caughtUp();
      interface Found {
        readonly jobs: { readonly nodes: readonly { readonly id: string }[] };
        readonly job: object;
      }
      const { jobs, job } = await service.query<Found>(
        `query ($hook: Address, $data: Bytes32, $open: Bytes32!) {
          jobs(first: 50, where: { admissionHook: { equals: $hook }, admissionData: { equals: $data } }) {
            nodes { id admissionHook admissionData }
          }
          job(id: $open) { admissionHook admissionData }
        }`,
        { hook, data, open },
      );
      expect(jobs.nodes).toContainEqual({ id: jobId, admissionHook: hook, admissionData: data });
      expect(jobs.nodes.map(({ id }) => id)).not.toContain(open);
      expect(job).toEqual({ admissionHook: null, admissionData: null });
    });

    test('tells of slices live, and of what a reorganisation took back', async () => {
      interface Change {
        readonly sliceChanged: {
          readonly jobId: string;
          readonly index: number;
          readonly slice: { readonly state: string; readonly holder: string | null } | null;
        };
      }
      const seen = async (
        subscription: Awaited<ReturnType<typeof subscribe<Change>>>,
        index: number,
        wanted: (slice: Change['sliceChanged']['slice']) => boolean,
      ): Promise<Change['sliceChanged']> => {
        for (;;) {
          const { sliceChanged } = await subscription.next();
          if (sliceChanged.index === index && wanted(sliceChanged.slice)) return sliceChanged;
        }
      };
      const before = await anvil.provider.getBlockNumber();
      const jobId = await market.post();
      await market.claim(jobId);
      await market.commitTrace(jobId);
      await service.caughtUp();
      const query =
        'subscription ($jobId: Bytes32) { sliceChanged(jobId: $jobId) { jobId index slice { state holder } } }';
      const subscription = await subscribe<Change>(service.indexer.url, query, { jobId });
      // Of no interest to this subscriber.
      await market.post();

      await market.bid(jobId, 'alice', [0]);
      const held = await seen(subscription, 0, (slice) => slice?.state === 'HELD');
      expect(held).toMatchObject({ jobId, slice: { holder: market.address.alice } });

      await anvil.reorganise(1);
      await anvil.mine(1);
      const freed = await seen(subscription, 0, (slice) => slice?.state === 'OPEN');
      expect(freed).toMatchObject({ jobId, slice: { holder: null } });

      await anvil.reorganise((await anvil.provider.getBlockNumber()) - before);
      await anvil.mine(1);
      expect(await seen(subscription, 2, (slice) => slice === null)).toMatchObject({ jobId, slice: null });
      subscription.close();
    });

    test('refuses with a name what would cost too much, and goes on answering', async () => {
      const nested = (levels: number): string =>
        Array.from({ length: levels / 2 }).reduce<string>((inner) => `job { slices { ${inner} } }`, 'id');
      const codes = async (text: string): Promise<readonly unknown[]> =>
        ((await service.ask(text)).errors ?? []).map((error) => error.extensions?.code);
      expect(await codes(`{ proofs { nodes { ${nested(30)} } } }`)).toContain('GRAPHQL_TOO_DEEP');
      expect(
        await codes(`{ proofs { nodes { ...deep } } } fragment deep on Proof { ${nested(30)} }`),
      ).toContain('GRAPHQL_TOO_DEEP');
      expect(await codes(`{ ${'status { state } '.repeat(1000)} }`)).toContain('GRAPHQL_TOO_LONG');
      expect(
        await codes(`{ ${Array.from({ length: 50 }, (_, i) => `s${i}: status { state }`).join(' ')} }`),
      ).toContain('GRAPHQL_TOO_MANY_ALIASES');
      const rows =
        '{ jobs(first: 100) { ...bids } } fragment bids on JobConnection { nodes { bids(first: 100) { nodes { slice { bids(first: 100) { totalCount } } } } } }';
      expect(await codes(rows)).toContain('GRAPHQL_TOO_MANY_ROWS');
      const aliases = Array.from({ length: 25 }, (_, i) => `b${i}: bids(first: 100) { totalCount }`).join(
        ' ',
      );
      expect(await codes(`{ jobs(first: 100) { nodes { ${aliases} } } }`)).toContain('GRAPHQL_TOO_MANY_ROWS');
      expect(await codes('{ jobs(first: 101) { totalCount } }')).toEqual(['GRAPHQL_BAD_PAGE']);
      expect(await codes('{ jobs(first: -1) { totalCount } }')).toEqual(['GRAPHQL_BAD_PAGE']);
      expect(await service.query('{ jobs(first: 0) { nodes { id } } }')).toEqual({ jobs: { nodes: [] } });
    });

    test.each([
      ['an id that is too short', '{ job(id: "0x12") { id } }', 'GRAPHQL_BAD_VALUE'],
      [
        'an amount with a point',
        '{ bids(where: { price: { gt: "1.5" } }) { totalCount } }',
        'GRAPHQL_BAD_VALUE',
      ],
      ['a zero byte in a name', String.raw`{ circuit(id: "\u0000") { id } }`, 'GRAPHQL_BAD_VALUE'],
      [
        'a zero byte in a filter',
        String.raw`{ slices(where: { id: { in: ["a", "\u0000"] } }) { totalCount } }`,
        'GRAPHQL_BAD_VALUE',
      ],
      [
        'a zero byte in a cursor',
        `{ jobs(after: "${Buffer.from(String.raw`["sequence","1","\u0000"]`).toString('base64url')}") { totalCount } }`,
        'GRAPHQL_BAD_CURSOR',
      ],
      [
        'pages of both directions at once',
        '{ jobs(first: 1, last: 1) { nodes { id } } }',
        'GRAPHQL_BAD_PAGE',
      ],
      [
        'conditions within conditions',
        `{ jobs(where: ${'{ NOT: '.repeat(9)}{ state: { equals: POSTED } }${' }'.repeat(9)}) { totalCount } }`,
        'GRAPHQL_TOO_MANY_CONDITIONS',
      ],
      [
        'more conditions than anybody needs',
        `{ jobs(where: { OR: [${'{ dueCount: { gt: 1 } } '.repeat(60)}] }) { totalCount } }`,
        'GRAPHQL_TOO_MANY_CONDITIONS',
      ],
      [
        'an amount of 79 digits',
        `{ bids(where: { price: { gt: "${'9'.repeat(79)}" } }) { totalCount } }`,
        'GRAPHQL_BAD_VALUE',
      ],
      ['a negative time', '{ jobs(where: { deadline: { gt: -1 } }) { totalCount } }', 'GRAPHQL_BAD_VALUE'],
      ['a cursor that is none', '{ jobs(after: "nonsense") { totalCount } }', 'GRAPHQL_BAD_CURSOR'],
      [
        'a cursor of another order',
        `{ jobs(after: "${writeCursor({ column: 'escrow', value: '1', id: 'x' })}") { totalCount } }`,
        'GRAPHQL_BAD_CURSOR',
      ],
    ])('refuses %s', async (_, text, code) => {
      const { errors } = await service.ask(text);
      expect(errors?.map((error) => error.extensions?.code)).toEqual([code]);
    });

    test('takes a forged cursor with a number that no row can have as a place at the end', async () => {
      const after = writeCursor({ column: 'sequence', value: `-${'9'.repeat(70)}`, id: 'x' });
      expect(await service.query(`{ jobs(after: "${after}") { nodes { id } } }`)).toEqual({
        jobs: { nodes: [] },
      });
    });

    test('allows introspection, and GraphiQL in a browser', async () => {
      const { data } = await service.ask(getIntrospectionQuery());
      expect(data).toHaveProperty('__schema');
      const page = await fetch(`${service.indexer.url}/graphql`, { headers: { accept: 'text/html' } });
      expect(await page.text()).toContain('GraphiQL');
    });

    test('refuses a body that is too long, and one of unknown length', async () => {
      const post = (body: RequestInit['body'], init: Record<string, unknown> = {}): Promise<Response> =>
        fetch(`${service.indexer.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          ...init,
        });
      const long = await post(JSON.stringify({ query: ' '.repeat(200_000) }));
      expect([long.status, ((await long.json()) as { code: string }).code]).toEqual([
        413,
        'GRAPHQL_TOO_LONG',
      ]);
      const streamed = await post(new Blob(['{"query":"{ status { state } }"}']).stream(), {
        duplex: 'half',
      });
      expect(streamed.status).toBe(411);
    });

    test('serves health and metrics', async () => {
      await until(() => service.indexer.status().state === 'live');
      const health = await fetch(`${service.indexer.url}/health`);
      expect(health.status).toBe(200);
      const { laws, ...status } = (await health.json()) as { laws: { holds: boolean }[] };
      expect(status).toEqual({ ...service.indexer.status() });
      expect(laws.map(({ holds }) => holds)).toEqual([true, true, true]);
      const metrics = await (await fetch(`${service.indexer.url}/metrics`)).text();
      expect(metrics).toMatch(/^sliceproof_indexer_events_total\{name="SlicesSettled"\} [1-9]/m);
      expect(metrics).toMatch(/^sliceproof_indexer_cursor_block [1-9]/m);
      expect(metrics.match(/^sliceproof_indexer_law_holds\{.*\} 1$/gm)).toHaveLength(3);
      for (const path of ['/none', '//', '//graphql', '/%', '/graphql/none']) {
        expect([path, (await fetch(`${service.indexer.url}${path}`)).status]).toEqual([path, 404]);
      }
    });
  });
});
