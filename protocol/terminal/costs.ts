import { formatEther } from 'ethers';
import type { Asset } from '../contracts/asset.ts';
import type { JobCosts } from '../contracts/job-costs.ts';

/** Where a job's money went so far, for people. */
export function costLines(asset: Pick<Asset, 'format'>, costs: JobCosts): string {
  const { proofs, execution, tips, refunded, gas } = costs;
  const parts = [
    `${asset.format(proofs)} for proofs`,
    `${asset.format(execution)} for running it`,
    `${asset.format(tips)} for settling`,
  ];
  return (
    `paid       ${asset.format(proofs + execution + tips)}: ${parts.join(', ')}\n` +
    `refunded   ${asset.format(refunded)} of ${asset.format(costs.escrowed)}\n` +
    `burnt      ${gas.used} gas in ${gas.transactions} of the requester’s transactions, ${formatEther(gas.cost)} of the chain’s coin\n`
  );
}
