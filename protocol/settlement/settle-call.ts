import type { ContractTransaction } from 'ethers';
import type { ISliceMarket } from '../contracts/generated/interfaces/ISliceMarket.ts';
import type { Settlement } from './settlement.ts';

/** The call of `settle` with these arguments, for a sender. It must come from the settlement's settler. */
export function settleCall(
  market: ISliceMarket,
  { batches, proofs }: Settlement,
): Promise<ContractTransaction> {
  return market.settle.populateTransaction(
    batches.map(({ jobId, shown, trace, groups }) => ({
      ...{ jobId, shown },
      trace: [...trace],
      groups: [...groups],
    })),
    proofs,
  );
}
