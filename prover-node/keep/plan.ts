import { sameAddress } from '../../protocol/chain/same-address.ts';
import { lastSecond } from '../chain/clock.ts';
import type { JobView } from '../chain/state.ts';

/** What can be done to a job's state by anyone, with the reward that the caller has for it. */
export type KeeperStep =
  | { readonly kind: 'slash'; readonly slices: readonly number[]; readonly reward: bigint }
  | { readonly kind: 'slash-execution'; readonly reward: bigint }
  | { readonly kind: 'draw' }
  | { readonly kind: 'finalize' }
  /** The reward is undefined where the account has more to get of it than that. */
  | { readonly kind: 'expire'; readonly reward?: bigint };

/** The caller's share of slashed collateral and bonds: a tenth. */
const REWARD_SHARE = 10n;

/**
 * What a keeper does about a job in the block after `block`. Holds and claims of others that ran out are booked, and jobs that
 * others executed and left unproved are ended, for the reward; a job that this account executed or posted is ended, so that it
 * is paid, its bond is released, or its escrow comes back. Jobs of others that nobody executed are left: ending them pays the
 * caller nothing, and costs nobody anything while it is not done, since they are in no view any more.
 * @param now chain time, seconds
 * @param account checksummed or not
 */
export function planKeeping(job: JobView, now: number, block: number, account: string): KeeperStep[] {
  const mine = (holder: string): boolean => sameAddress(holder, account);
  const steps: KeeperStep[] = [];
  if (job.state !== 'traced' && mine(job.requester) && now > job.commitBy) return [{ kind: 'expire' }];
  if (job.state === 'claimed' && now > job.claimEnd && !mine(job.executor)) {
    steps.push({ kind: 'slash-execution', reward: job.bond / REWARD_SHARE });
  }
  if (job.state !== 'traced') return steps;
  const lapsed = job.slices.filter(
    ({ state, booked, holder }) => state === 'lapsed' && !booked && !mine(holder),
  );
  const reward = lapsed.reduce((sum, { collateral }) => sum + collateral / REWARD_SHARE, 0n);
  const ownLapse = job.slices.some(
    ({ state, booked, holder }) => state === 'lapsed' && !booked && mine(holder),
  );
  const unproved = job.settledCount < job.dueCount || job.drawPending;
  if (!mine(job.executor) && unproved && now > lastSecond(job) && !ownLapse) {
    // A bond makes the requester whole first; of one that was cancelled, or is the requester's own, nothing is shared.
    const left = job.cancelled || job.executor === job.requester ? 0n : job.bond - job.spent;
    return [{ kind: 'expire', reward: reward + (left > 0n ? left / REWARD_SHARE : 0n) }];
  }
  if (lapsed.length > 0) steps.push({ kind: 'slash', slices: lapsed.map(({ index }) => index), reward });
  if (!mine(job.executor)) return steps;
  // Drawn right away: audits that nobody draws cost the executor its bond.
  if (job.drawPending && block >= job.drawAnchor) steps.push({ kind: 'draw' });
  const proved = job.settledCount === job.dueCount && !job.drawPending;
  if (proved && now > job.tracedAt + job.challengeSeconds) steps.push({ kind: 'finalize' });
  // A cancelled job still owes the execution; any other that ends unproved would cost the executor its bond.
  if (!proved && job.cancelled && now > job.closing) steps.push({ kind: 'expire' });
  return steps;
}
