import { words } from '../data/format.ts';
import { Amount, Key, Time, Hash } from './show.tsx';
import { Table } from './table.tsx';

export interface Movement {
  readonly id: string;
  readonly kind: string;
  readonly balanceChange: string;
  readonly reservedChange: string;
  readonly sliceIndex: number | null;
  readonly timestamp: number;
  readonly transactionHash: string;
  readonly account?: { readonly id: string };
  readonly job?: { readonly id: string } | null;
  /** Of the account after it, where it is known. */
  readonly balance?: bigint;
}

const LINKED = new Set(['SLICE_PAID', 'TIP', 'FEE']);

export function LedgerTable({ rows }: { rows: readonly Movement[] }) {
  const [first] = rows;
  return (
    <Table
      name="Movements"
      rows={rows}
      idOf={({ id }) => id}
      empty="No money has moved."
      columns={[
        { name: 'When', show: ({ timestamp }) => <Time at={timestamp} /> },
        { name: 'What', show: ({ kind }) => words(kind) },
        ...(first?.account === undefined
          ? []
          : [
              {
                name: 'Account',
                show: ({ account }: Movement) => <Key of={account?.id ?? null} kind="account" />,
              },
            ]),
        ...(first?.job === undefined
          ? []
          : [{ name: 'Job', show: ({ job }: Movement) => <Key of={job?.id ?? null} kind="job" /> }]),
        { name: 'Slice', right: true, show: ({ sliceIndex }) => sliceIndex ?? <span class="faint">–</span> },
        { name: 'Balance', right: true, show: ({ balanceChange }) => <Amount of={balanceChange} bare /> },
        { name: 'Reserved', right: true, show: ({ reservedChange }) => <Amount of={reservedChange} bare /> },
        ...(first?.balance === undefined
          ? []
          : [
              {
                name: 'Balance after',
                right: true,
                show: ({ balance }: Movement) => <Amount of={balance ?? null} />,
              },
            ]),
        {
          name: 'Transaction',
          show: ({ kind, transactionHash }) =>
            LINKED.has(kind) ? <Key of={transactionHash} kind="settlement" /> : <Hash of={transactionHash} />,
        },
      ]}
    />
  );
}
