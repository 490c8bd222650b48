import type { ContractTransaction } from 'ethers';
import type { Contracts } from '../../../../protocol/contracts/market.ts';
import { type JobView } from '../../../../prover-node/chain/state.ts';
import { maskOf } from '../../../../protocol/contracts/masks.ts';
import type { Rival } from './senders.ts';
import type { HostileJob } from './jobs.ts';

/** A job of the other side, and what it has done about it. */
export interface Course {
  readonly job: HostileJob;
  readonly id: string;
  readonly postedAt: number;
  readonly done: Set<string>;
}

export interface Means {
  readonly contracts: Contracts;
  readonly requester: Rival;
  readonly rival: Rival;
  readonly node: string;
  /** When the next block comes, and how long after it another one about does. */
  readonly next: number;
  readonly blockSeconds: number;
  readonly block: number;
}

type Call = readonly [who: Rival, call: Promise<ContractTransaction>];

const GIVEN_UP_SECONDS = 90;

/** Times of a lapsed job are tried for again after so many blocks. */
const AGAIN_BLOCKS = 4;

/** What the other side sends into the next block about a job. */
export function actsOn(course: Course, view: JobView, means: Means): readonly Call[] {
  const once = (name: string, when: boolean, calls: () => readonly Call[]): readonly Call[] => {
    if (!when || course.done.has(name)) return [];
    course.done.add(name);
    return calls();
  };
  return [...harmTo(course, view, means, once), ...endOf(course, view, means)];
}

/** What the requester sends about a job that the node looks at no more, since it can gain nothing by it: its escrow comes back. */
export function endsForgotten({ id }: Course, { contracts, requester, block }: Means): readonly Call[] {
  if (block % AGAIN_BLOCKS !== 0) return [];
  return [[requester, contracts.market.expire.populateTransaction(id)]];
}

function harmTo(
  { job, id, postedAt }: Course,
  view: JobView,
  { contracts: { market }, requester, rival, node, next, blockSeconds }: Means,
  once: (name: string, when: boolean, calls: () => readonly Call[]) => readonly Call[],
): readonly Call[] {
  const { cancel, challenges, rivalBids, rivalClaims } = job;
  const traced = view.state === 'traced';
  /** Whether the next block is the last that is no later than a time. */
  const isLast = (time: number): boolean => next <= time && next + blockSeconds > time;
  const cancelled =
    cancel !== undefined &&
    (cancel.from === 'post'
      ? view.state === 'posted' && next >= postedAt + cancel.seconds
      : traced && next >= view.tracedAt + cancel.seconds);
  const lastBid = view.deadline - view.offer.bidWindow - view.offer.proveSeconds;
  return [
    ...once('cancel', cancelled, () => [[requester, market.cancel.populateTransaction(id)]]),
    ...once('claim', rivalClaims && view.state === 'posted', () => [
      [rival, market.claimExecution.populateTransaction(rival.wallet.address, id)],
    ]),
    ...challenges.flatMap(({ slice, share }) => {
      const at = view.tracedAt + Math.floor(view.challengeSeconds * share);
      const due = share === 1 ? isLast(at) : next >= at;
      return once(`challenge ${slice}`, traced && view.challengeSeconds > 0 && due, () => [
        [rival, market.challenge.populateTransaction(id, slice)],
      ]);
    }),
    ...rivalBids.flatMap(({ slice, when }) => {
      const found = view.slices.find(({ index }) => index === slice);
      if (!traced || !found) return [];
      const open = found.state === 'open';
      const led = found.state === 'held' && found.holder === node && next < found.windowEnd;
      const price = open
        ? view.unitPriceNow
        : (found.unitPrice * BigInt(10_000 - view.offer.minUndercutBps)) / 10_000n - 1n;
      const wanted = { first: open, below: led, last: open && isLast(lastBid) }[when] && price > 0n;
      return once(`bid ${slice} ${when}`, wanted, () => [
        [
          rival,
          market.bid.populateTransaction(rival.wallet.address, id, view.traceHash, maskOf([slice]), price),
        ],
      ]);
    }),
  ];
}

/** Books and ends whatever can be, as soon as it can be: each of it costs somebody. */
function endOf(
  { job, id, postedAt }: Course,
  view: JobView,
  { contracts: { market }, requester, rival, node, next, block }: Means,
): readonly Call[] {
  const { state } = view;
  const now = block % AGAIN_BLOCKS === 0;
  if (state === 'claimed' && next > view.claimEnd) {
    return [[rival, market.slash.populateTransaction(id, 0)]];
  }
  // Its price has been as high as it gets for a while: nobody takes it any more.
  if (state === 'posted' && next > postedAt + job.offer.rampSeconds + GIVEN_UP_SECONDS) {
    return [[requester, market.cancel.populateTransaction(id)]];
  }
  if (state === 'posted' && next > view.commitBy) return [[rival, market.expire.populateTransaction(id)]];
  if (state !== 'traced') return [];
  const late = view.slices.filter(
    ({ state: slice, booked, lockEnd }) =>
      (slice === 'held' && next > lockEnd) || (slice === 'lapsed' && !booked),
  );
  const own = view.executor !== node;
  const proved = view.settledCount === view.dueCount && !view.drawPending;
  return [
    ...(late.length > 0
      ? [[rival, market.slash.populateTransaction(id, maskOf(late.map(({ index }) => index)))] as const]
      : []),
    ...(own && view.drawPending && block >= view.drawAnchor
      ? [[rival, market.draw.populateTransaction(id)] as const]
      : []),
    ...(own && proved ? [[rival, market.finalize.populateTransaction(id)] as const] : []),
    ...(!proved && now && next > Math.min(view.deadline, view.closing)
      ? [[rival, market.expire.populateTransaction(id)] as const]
      : []),
  ];
}
