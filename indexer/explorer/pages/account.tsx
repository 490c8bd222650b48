import { ask } from '../data/ask.ts';
import { grouped } from '../data/format.ts';
import { curveOf } from '../data/periods.ts';
import { useAmounts } from '../data/show-amount.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Chart } from '../parts/chart.tsx';
import { JOB_ROW, JobTable, type JobRow } from '../parts/job-table.tsx';
import { LedgerTable, type Movement } from '../parts/ledger-table.tsx';
import { Amount, Answered, Badge, Card, Empty, Facts, Key, Stat, Time } from '../parts/show.tsx';
import { Table } from '../parts/table.tsx';
import type { PageProps } from '../router.ts';

interface HeldSlice {
  readonly id: string;
  readonly jobId: string;
  readonly index: number;
  readonly collateral: string;
  readonly price: string | null;
  readonly lockEnd: number | null;
}

/** What it earned in an hour or a day. */
interface EarnedIn {
  readonly start: number;
  readonly earned: string;
}

interface Account {
  readonly account: {
    readonly id: string;
    readonly balance: string;
    readonly reserved: string;
    readonly deposited: string;
    readonly withdrawn: string;
    readonly tips: string;
    readonly rewards: string;
    readonly fees: string;
    readonly prover: {
      readonly earned: string;
      readonly earnedSlices: string;
      readonly earnedExecutions: string;
      readonly settledSlices: number;
      readonly executions: number;
      readonly heldSlices: number;
      readonly bonds: string;
      readonly collateral: string;
      readonly slashes: number;
      readonly slashed: string;
    } | null;
    readonly ledger: {
      readonly nodes: readonly Movement[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
    readonly days: readonly EarnedIn[];
    readonly hours: readonly EarnedIn[];
    readonly jobs: { readonly nodes: readonly JobRow[]; readonly totalCount: number };
    readonly operators: {
      readonly nodes: readonly { readonly id: string; readonly operator: string; readonly named: boolean }[];
    };
  } | null;
  readonly held: { readonly nodes: readonly HeldSlice[] };
  readonly settled: { readonly totalCount: number };
  readonly published: { readonly totalCount: number };
  readonly acts: { readonly nodes: readonly { readonly account: { readonly id: string } }[] };
}

const ACCOUNT = `query ($id: Address!) {
  account(address: $id) {
    id balance reserved deposited withdrawn tips rewards fees
    prover { earned earnedSlices earnedExecutions settledSlices executions heldSlices bonds collateral slashes slashed }
    ledger(first: 100) { nodes { id kind balanceChange reservedChange sliceIndex timestamp transactionHash job { id } }
      pageInfo { hasNextPage } }
    days: periods(length: DAY, last: 366) { start earned }
    hours: periods(length: HOUR, last: 168) { start earned }
    jobs(first: 20) { nodes { ${JOB_ROW} } totalCount }
    operators(first: 20) { nodes { id operator named } }
  }
  held: slices(first: 50, where: { holder: { equals: $id }, state: { equals: HELD } }) {
    nodes { id jobId index collateral price lockEnd } }
  settled: settlements(first: 0, where: { settler: { equals: $id } }) { totalCount }
  published: models(first: 0, where: { publisher: { equals: $id } }) { totalCount }
  acts: operators(first: 20, where: { operator: { equals: $id }, named: { equals: true } }) { nodes { account { id } } }
}`;

const EARNINGS = new Set(['SLICE_PAID', 'EXECUTION_PAID', 'TIP', 'REWARD', 'FEE', 'CHALLENGE_REWARD']);
const SLASHES = new Set(['COLLATERAL_SLASHED', 'BOND_FORFEITED']);

/** One account, by what it is in the market. */
export function AccountPage({ of }: PageProps) {
  const asked = useAnswer(`account ${of}`, (signal) => ask<Account>(ACCOUNT, { id: of }, signal));
  return (
    <Answered asked={asked}>
      {(answer) =>
        answer.account === null ? (
          <Empty>This market has never moved anything for this account.</Empty>
        ) : (
          <Body {...answer} account={answer.account} />
        )
      }
    </Answered>
  );
}

type Known = Account & { readonly account: NonNullable<Account['account']> };

function Body({ account, held, settled, published, acts }: Known) {
  const { prover, ledger } = account;
  const roles = [
    account.jobs.totalCount > 0 ? `requester of ${grouped(account.jobs.totalCount)}` : '',
    prover !== null && prover.settledSlices > 0 ? `prover of ${grouped(prover.settledSlices)}` : '',
    prover !== null && prover.executions > 0 ? `executor of ${grouped(prover.executions)}` : '',
    settled.totalCount > 0 ? `settler of ${grouped(settled.totalCount)}` : '',
    published.totalCount > 0 ? `publisher of ${grouped(published.totalCount)}` : '',
    BigInt(account.fees) > 0n ? 'treasury' : '',
    acts.nodes.length > 0 ? 'operator' : '',
  ].filter((role) => role !== '');
  const rows = withBalances(ledger.nodes, BigInt(account.balance));
  const slashes = ledger.nodes.filter(({ kind }) => SLASHES.has(kind));
  return (
    <>
      <p class="roles">
        {roles.length === 0 ? (
          <Badge of="OPEN">no role yet</Badge>
        ) : (
          roles.map((role) => (
            <Badge key={role} of="TRACED">
              {role}
            </Badge>
          ))
        )}
      </p>
      <dl class="stats">
        <Stat name="Free">
          <Amount of={account.balance} />
        </Stat>
        <Stat name="Reserved" hint="collateral and bonds">
          <Amount of={account.reserved} />
        </Stat>
        <Stat name="Earned by proofs">
          <Amount of={prover?.earnedSlices ?? '0'} />
        </Stat>
        <Stat name="Earned by executions">
          <Amount of={prover?.earnedExecutions ?? '0'} />
        </Stat>
        <Stat name="Slashed" hint={`${prover?.slashes ?? 0} times`}>
          <Amount of={prover?.slashed ?? '0'} />
        </Stat>
      </dl>
      <div class="grid">
        <Card
          title="Earnings"
          note="By proofs, executions, settling, rewards and fees, added up from the first that is shown."
        >
          <Earnings account={account} />
        </Card>
        <Card title="All in all">
          <Facts
            rows={[
              ['Deposited', <Amount of={account.deposited} />],
              ['Withdrawn', <Amount of={account.withdrawn} />],
              ['For settling', <Amount of={account.tips} />],
              ['For booking lapses', <Amount of={account.rewards} />],
              ['Fees, as the treasury', <Amount of={account.fees} />],
              [
                'Acts for',
                acts.nodes.length === 0
                  ? 'nobody else'
                  : acts.nodes.map((one) => <Key key={one.account.id} of={one.account.id} kind="account" />),
              ],
              [
                'Operators',
                account.operators.nodes.length === 0
                  ? 'none'
                  : account.operators.nodes.map(({ id, operator, named }) => (
                      <span key={id}>
                        <Key of={operator} kind="account" /> {named ? '' : '(dismissed) '}
                      </span>
                    )),
              ],
            ]}
          />
        </Card>
      </div>
      {prover === null ? null : (
        <Card title="Held now" note="Collateral is lost where a proof comes late." wide>
          <Table
            name="Slices that it holds"
            rows={held.nodes}
            idOf={({ id }) => id}
            empty="It holds no slice."
            columns={[
              { name: 'Job', show: ({ jobId }) => <Key of={jobId} kind="job" /> },
              { name: 'Slice', show: ({ index }) => index },
              { name: 'Price', right: true, show: ({ price }) => <Amount of={price} /> },
              { name: 'Collateral', right: true, show: ({ collateral }) => <Amount of={collateral} /> },
              { name: 'Proof due', right: true, show: ({ lockEnd }) => <Time at={lockEnd} /> },
            ]}
          />
        </Card>
      )}
      {slashes.length === 0 ? null : (
        <Card title="Slashes" wide>
          <LedgerTable rows={slashes} />
        </Card>
      )}
      {account.jobs.totalCount === 0 ? null : (
        <Card title="Jobs it asked for" wide>
          <JobTable rows={account.jobs.nodes} empty="None." />
        </Card>
      )}
      <Card
        title="Ledger"
        note={ledger.pageInfo.hasNextPage ? 'The newest hundred movements.' : undefined}
        wide
      >
        <LedgerTable rows={rows} />
      </Card>
    </>
  );
}

/** Each movement with the balance after it, backward from the balance now. */
function withBalances(rows: readonly Movement[], now: bigint): readonly Movement[] {
  let balance = now;
  return rows.map((row) => {
    const one = { ...row, balance };
    balance -= BigInt(row.balanceChange);
    return one;
  });
}

/** Of days or hours; while there are too few of both, of single movements. */
function Earnings({ account: { days, hours, ledger } }: { account: NonNullable<Account['account']> }) {
  const amounts = useAmounts();
  const earned =
    curveOf(days, hours)?.map((period) => ({ at: period.start, more: period.earned })) ??
    ledger.nodes
      .filter(({ kind }) => EARNINGS.has(kind))
      .toReversed()
      .map(({ timestamp, balanceChange }) => ({ at: timestamp, more: balanceChange }));
  let total = 0n;
  const points = earned.map(({ at, more }) => {
    total += BigInt(more);
    return { at, value: Number(total) };
  });
  return <Chart name="Earnings" points={points} {...amounts} steps />;
}
