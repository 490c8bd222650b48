import { undercut } from '../../prover-node/bid/decide.ts';
import type { Network, Setting } from './setting.ts';

/** Whose bids lead slices: see `node.ts`. */
export interface Holder {
  readonly account: string;
  hold(slice: Slice): void;
  drop(slice: Slice): void;
  /** Takes up the proof of a slice that it won. @returns when it is made */
  prove(slice: Slice, now: number): number;
}

/** A slice that is due, as the contract has it. */
export interface Slice {
  readonly job: Job;
  readonly index: number;
  leader: Holder | undefined;
  /** 10^-18 of the asset a constraint. */
  unitPrice: bigint;
  windowEnd: number;
  lockEnd: number;
  bids: number;
  /** Bids that wait for their block. */
  readonly pending: PendingBid[];
  proved: boolean;
  settledAt: number | undefined;
}

export interface PendingBid {
  readonly node: Holder;
  readonly unitPrice: bigint;
  /** When it was sent. */
  readonly at: number;
}

/** The bid that leads a slice, as somebody sees it who has heard of pending bids that were sent before `heard`. */
export function leaderOf(
  slice: Slice,
  heard: number,
  now: number,
  { offer }: Setting,
): { readonly node: Holder; readonly unitPrice: bigint; readonly windowEnd: number } | undefined {
  const { leader, unitPrice, windowEnd } = slice;
  let seen = leader && { node: leader, unitPrice, windowEnd };
  for (const bid of slice.pending) {
    if (bid.at >= heard) continue;
    if (seen !== undefined && bid.unitPrice > undercut(seen.unitPrice, offer.minUndercutBps)) continue;
    seen = {
      node: bid.node,
      unitPrice: bid.unitPrice,
      windowEnd: seen?.windowEnd ?? now + offer.bidWindow,
    };
  }
  return seen;
}

export interface Job {
  readonly id: string;
  readonly network: Network;
  readonly postedAt: number;
  readonly deadline: number;
  readonly slices: readonly Slice[];
  /** The ramp's end. */
  readonly highest: bigint;
  claimed: boolean;
  tracedAt: number;
  open: number;
  finalizedAt: number | undefined;
}

export function postJob(id: string, network: Network, now: number, highest: bigint, { offer }: Setting): Job {
  const slices: Slice[] = [];
  const job: Job = {
    id,
    network,
    postedAt: now,
    deadline: now + offer.jobSeconds,
    slices,
    highest,
    claimed: false,
    tracedAt: Number.POSITIVE_INFINITY,
    open: network.slices,
    finalizedAt: undefined,
  };
  for (let index = 0; index < network.slices; index++) {
    slices.push({
      job,
      index,
      leader: undefined,
      unitPrice: 0n,
      windowEnd: Number.POSITIVE_INFINITY,
      lockEnd: Number.POSITIVE_INFINITY,
      bids: 0,
      pending: [],
      proved: false,
      settledAt: undefined,
    });
  }
  return job;
}

/** The market's weight of each slice. */
export function weightOf({ network }: Job): bigint {
  return BigInt(Math.ceil(network.constraints));
}

/** What a hold of one of its slices reserves, in 10^-18 of the asset. */
export function collateralOf(job: Job): bigint {
  return 2n * weightOf(job) * job.highest;
}

/** The highest unit price that a first bid may ask: it climbs from nothing to its end. */
export function rampOf({ highest, tracedAt }: Job, now: number, { offer }: Setting): bigint {
  const part = Math.min(1, Math.max(0, now - tracedAt) / offer.rampSeconds);
  return (highest * BigInt(Math.floor(part * 1e6))) / 1_000_000n;
}

/** Whether a bid takes this slice, as `bid` of the contract does it. */
export function takeBid(
  slice: Slice,
  node: Holder,
  unitPrice: bigint,
  now: number,
  setting: Setting,
): boolean {
  const { offer } = setting;
  if (slice.leader === undefined) {
    if (unitPrice > rampOf(slice.job, now, setting)) return false;
    if (now + offer.bidWindow + offer.proveSeconds > slice.job.deadline) return false;
    slice.windowEnd = now + offer.bidWindow;
    slice.lockEnd = slice.windowEnd + offer.proveSeconds;
  } else {
    if (now > slice.windowEnd || unitPrice > undercut(slice.unitPrice, offer.minUndercutBps)) return false;
    slice.leader.drop(slice);
  }
  slice.leader = node;
  slice.unitPrice = unitPrice;
  slice.bids++;
  node.hold(slice);
  return true;
}
