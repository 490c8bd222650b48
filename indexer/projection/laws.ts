import type { Served } from './rows.ts';

/** Two ways to reckon one amount from the events. */
export interface Law {
  readonly name: string;
  readonly left: bigint;
  readonly right: bigint;
}

/** The market's laws over money; one that does not hold is a fault of contract, RPC or index. */
export function lawsOf(totals: Served<'Totals'>): readonly Law[] {
  const sum = (...amounts: readonly (string | number | bigint)[]): bigint =>
    amounts.reduce<bigint>((total, amount) => total + BigInt(amount), 0n);
  return [
    {
      name: 'deposited − withdrawn = balances + reserved + escrows + raises',
      left: sum(totals.deposited) - sum(totals.withdrawn, totals.burnPushed),
      right: sum(totals.balances, totals.reserved, totals.escrows, totals.raises),
    },
    {
      name: 'escrowed + challengers = paid + tips + executions + refunds + escrows',
      left: sum(totals.escrowed, totals.challengePaid),
      right: sum(totals.paid, totals.tips, totals.executionPaid, totals.refunded, totals.escrows),
    },
    {
      name: 'slashed = burned + raises + callers + challengers + made whole',
      left: sum(totals.slashed),
      right: sum(
        totals.slashedBurned,
        totals.slashedToRaises,
        totals.slashedToCallers,
        totals.slashedToChallengers,
        totals.madeWhole,
      ),
    },
  ];
}
