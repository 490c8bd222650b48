import { undercut, type Bid, type Candidate } from '../../prover-node/bid/decide.ts';
import { bidsInTurn, type BidsInTurn, type TurnTaking } from '../../prover-node/bid/in-turn.ts';
import { holdAsWork } from '../../prover-node/bid/capacity.ts';
import { inOrder, isItsTurn, Turns, type Place, type Race } from '../../prover-node/turns/turns.ts';
import type { MarketRivals } from '../../prover-node/turns/rivals.ts';
import { askingPrice, costOf, type AskingPrice, type PricingPolicy } from '../../prover-node/pricing/cost.ts';
import {
  collateralOf,
  leaderOf,
  rampOf,
  takeBid,
  weightOf,
  type Holder,
  type Job,
  type Slice,
} from './market.ts';
import type { Measured, Network, Setting } from './setting.ts';
import type { Chain } from './chain.ts';
import type { Random } from '../random.ts';

const ASSET = 10n ** 18n;

/** A proof is reckoned to take so many times what was measured: the default of nodes. */
const SAFETY = 1.5;
/** Blocks from a proof until its settlement counts, and a look. */
const STEP_BLOCKS = 4;

const FIRST: Place = { rank: 0, order: 0, places: 1 };
/** Each acts as soon as it can. */
const ALWAYS: TurnTaking = { placeIn: () => FIRST, comesWithin: () => true };
const NO_BIDS: BidsInTurn = { bids: [], place: FIRST, left: [], unready: [] };

/** What a slice of a network costs a node, and what it asks. */
export interface Quote {
  readonly seconds: number;
  readonly price: AskingPrice;
}

/** A node that decides by the very functions of real ones; what is simulated is the chain, the clock and the proving. */
export class SimulatedNode implements Holder {
  readonly quotes = new Map<Network, Quote>();
  readonly account: string;
  readonly #setting: Setting;
  readonly #rivals: MarketRivals;
  readonly #bidTurns: Turns;
  readonly #claimTurns: Turns;
  readonly #bidGas: number;
  readonly #held = new Set<Slice>();
  readonly #free: number[];
  /** Its last bid isn't in a block yet: the next is decided on with what this one has bound. */
  #bidding = false;
  #claiming = false;
  /** In 10^-18 of the asset. */
  collateral = 0n;
  mostCollateral = 0n;

  constructor(setting: Setting, measured: Measured, random: Random, rivals: MarketRivals, account: string) {
    this.#setting = setting;
    this.#rivals = rivals;
    this.account = account;
    this.#bidTurns = new Turns(account, rivals.bidders);
    this.#claimTurns = new Turns(account, rivals.executors);
    this.#bidGas = measured.gas.bid;
    this.#free = new Array<number>(setting.workers).fill(0);
    const speed = random.around(setting.speedSpread);
    const perSecond = setting.costPerSecond * random.around(setting.costSpread);
    const policy: PricingPolicy = {
      costPerSecond: BigInt(Math.round(perSecond * 1e18)),
      assetPerNative: BigInt(setting.assetPerNative) * ASSET,
      marginBps: 2_000,
      minMarginBps: 0,
      minUnitPrice: 0n,
      minProfit: 0n,
    };
    for (const network of measured.networks) {
      const { constraints } = network;
      const seconds = measured.proveSeconds(constraints) * speed;
      const cost = costOf(policy, seconds, { gas: BigInt(this.#bidGas), gasPrice: setting.gasPrice });
      const price = askingPrice(policy, cost, BigInt(Math.ceil(constraints)), 0);
      if (price !== undefined) this.quotes.set(network, { seconds, price });
    }
  }

  /**
   * The bids that it makes on a job now; none while an earlier one is under way.
   * @param heard it knows of pending bids that were sent before
   */
  decide(job: Job, now: number, heard: number): BidsInTurn {
    const quote = this.quotes.get(job.network);
    if (quote === undefined || this.#bidding) return NO_BIDS;
    const { offer, blockSeconds } = this.#setting;
    const ramp = rampOf(job, now, this.#setting);
    const weight = weightOf(job);
    const collateral = collateralOf(job);
    const candidates = job.slices.flatMap((slice): Candidate[] => {
      if (slice.leader !== undefined && now >= slice.windowEnd) return [];
      const leader = leaderOf(slice, heard, now, this.#setting);
      return [
        {
          slice: slice.index,
          weight,
          price: quote.price,
          seconds: quote.seconds,
          collateral,
          gas: BigInt(this.#bidGas),
          ramp,
          ...(leader === undefined
            ? {}
            : { leader: { ...leader, holder: leader.node.account, mine: leader.node === this } }),
        },
      ];
    });
    const bound = [...this.#held].map(({ windowEnd, lockEnd, job: of }) =>
      holdAsWork(this.quotes.get(of.network)?.seconds ?? 0, now, windowEnd, lockEnd),
    );
    const capacity = {
      workers: this.#setting.workers,
      safety: SAFETY,
      stepSeconds: STEP_BLOCKS * blockSeconds,
    };
    const terms = { now, deadline: job.deadline, ...offer };
    const means = { policy: 'patient', capacity, bound, balance: 1n << 100n, gas: undefined } as const;
    const turns = this.#setting.turns ? this.#bidTurns : ALWAYS;
    return bidsInTurn(job.id, terms, candidates, means, { turns, lookSeconds: blockSeconds });
  }

  /** It has nothing to send in this look, and leaves these bids to others. */
  standBack(races: readonly Race[], now: number): void {
    this.#bidTurns.stoodBack(races, now);
  }

  /** Which of these executions it claims now. */
  claims(jobs: readonly Job[], now: number): Job | undefined {
    const { turns, blockSeconds, offer } = this.#setting;
    if (this.#claiming || jobs.length === 0) return undefined;
    if (!turns) return jobs[0];
    const races = jobs.map((job) => {
      const race = { jobId: job.id, what: 'execution', until: job.postedAt + 2 * offer.rampSeconds };
      return { job, race, place: this.#claimTurns.placeIn(race, { now, lookSeconds: blockSeconds }) };
    });
    const best = inOrder(races.filter(({ place }) => isItsTurn(place))).at(0);
    const left = races.map(({ race }) => race);
    if (best === undefined) this.#claimTurns.stoodBack(left, now);
    return best?.job;
  }

  /** A claim and its trace. @param onTraced runs once they have it */
  claim(job: Job, chain: Chain, gas: Measured['gas'], onTraced: (now: number) => void): void {
    this.#claiming = true;
    chain.send({
      gas: gas.claim,
      apply: (now) => {
        this.#claiming = false;
        if (job.claimed) return { kind: 'claim in vain', gas: gas.inVain };
        job.claimed = true;
        this.#rivals.executors.saw(this.account, now);
        onTraced(now);
        return { kind: 'claim', gas: gas.claim };
      },
    });
  }

  /** Whether it could better the bid that leads. */
  canUndercut(slice: Slice): boolean {
    const quote = this.quotes.get(slice.job.network);
    const needed = undercut(slice.unitPrice, this.#setting.offer.minUndercutBps);
    return quote !== undefined && slice.leader !== this && quote.price.floor <= needed;
  }

  get free(): boolean {
    return !this.#bidding;
  }

  send(job: Job, bids: readonly Bid[], at: number, chain: Chain, gas: Measured['gas']): void {
    this.#bidding = true;
    for (const [i, { slices, unitPrice }] of bids.entries()) {
      for (const index of slices) job.slices[index].pending.push({ node: this, unitPrice, at });
      chain.send({
        gas: gas.bid,
        apply: (now) => {
          if (i === bids.length - 1) this.#bidding = false;
          for (const index of slices) job.slices[index].pending.length = 0;
          const taken = slices.filter((index) =>
            takeBid(job.slices[index], this, unitPrice, now, this.#setting),
          );
          if (taken.length > 0) this.#rivals.bidders.saw(this.account, now);
          return taken.length > 0 ? { kind: 'bid', gas: gas.bid } : { kind: 'bid in vain', gas: gas.inVain };
        },
      });
    }
  }

  hold(slice: Slice): void {
    this.#held.add(slice);
    this.#reserve(collateralOf(slice.job));
  }

  drop(slice: Slice): void {
    this.#held.delete(slice);
    this.#reserve(-collateralOf(slice.job));
  }

  /** Takes up the proof of a slice that it won. @returns when it is made */
  prove(slice: Slice, now: number): number {
    const seconds = this.quotes.get(slice.job.network)?.seconds ?? 0;
    const worker = this.#free.indexOf(Math.min(...this.#free));
    this.#free[worker] = Math.max(now, this.#free[worker]) + seconds;
    return this.#free[worker];
  }

  #reserve(amount: bigint): void {
    this.collateral += amount;
    if (this.collateral > this.mostCollateral) this.mostCollateral = this.collateral;
  }
}
