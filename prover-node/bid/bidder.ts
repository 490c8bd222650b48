import type { ContractTransaction } from 'ethers';
import { sameAddress } from '../../protocol/chain/same-address.ts';
import type { NodeAccount } from '../account.ts';
import type { Sender } from '../../protocol/chain/sending/sender.ts';
import type { Contracts } from '../../protocol/contracts/market.ts';
import type { Log } from '../../protocol/log.ts';
import type { Attempts } from '../attempts.ts';
import { keepJobs, type JobView, type SliceView, type Snapshot, type TracedJob } from '../chain/state.ts';
import { maskOf } from '../../protocol/contracts/masks.ts';
import type { Model, ModelCatalog } from '../model/catalog.ts';
import type { Readiness } from '../model/readiness.ts';
import { afterFee, askingPrice } from '../pricing/cost.ts';
import type { GasUsed } from '../pricing/gas-used.ts';
import type { Pricer } from '../pricing/pricer.ts';
import type { ProofShelf } from '../prove/proofs.ts';
import { because, NOT_MEASURED, notAdmitted, ownMaximum, type Reason } from '../reasons.ts';
import { boundWork, type BoundOptions, type BoundWork } from '../stake/bound.ts';
import { stepSeconds, whyNoCollateral } from '../stake/decide.ts';
import type { Stakes } from '../stake/stakes.ts';
import type { NodeMetrics } from '../status/metrics.ts';
import type { Outlook } from '../status/outlook.ts';
import type { TakeUp } from '../take-up.ts';
import type { Workforce } from './capacity.ts';
import { undercut, workOf, type Bid, type BiddingPolicy, type Candidate } from './decide.ts';
import { bidsInTurn } from './in-turn.ts';
import { Rehearsal } from './rehearsal.ts';
import { signedSeconds, type SignedBids } from './signed-bids.ts';
import { inOrder, lookSecondsOf, type Place, type Race, type Turns } from '../turns/turns.ts';
import { bitsOf } from '../../protocol/contracts/masks.ts';

export interface BidderOptions {
  readonly contracts: Contracts;
  readonly sender: Sender;
  readonly account: NodeAccount;
  readonly catalog: ModelCatalog;
  readonly readiness: Readiness;
  readonly attempts: Attempts;
  readonly pricer: Pricer;
  readonly gasUsed: Pick<GasUsed, 'record'>;
  readonly stakes: Stakes;
  /** Bids that are signed instead of sent. */
  readonly signedBids: Pick<SignedBids, 'whyOut' | 'handOut'>;
  readonly takeUp: TakeUp;
  readonly shelf: ProofShelf;
  /** Proofs under way. */
  readonly begun: BoundOptions['begun'];
  readonly backstopSeconds: number;
  readonly policy: BiddingPolicy;
  readonly capacity: Workforce;
  /** Whose turn it is to bid where others bid too. */
  readonly turns: Turns;
  readonly metrics: NodeMetrics;
  /** Told why what could be bid on is left. */
  readonly outlook: Outlook;
  readonly log: Log;
  /** Milliseconds, any origin. */
  readonly clock: () => number;
}

/** When bids are decided on, and the seconds that a transaction is reckoned to take. */
interface BidMoment {
  readonly now: number;
  readonly step: number;
}

/** Others have bid what takes all that a bid would take. */
class TooLate extends Error {}

/** Slices of a job that are ready wait so many milliseconds for its others, so that one call bids on all. */
const GATHER_MS = 3000;

/** Bids on slices that the node has checked, one job's bids at a time. */
export class Bidder {
  readonly #options: BidderOptions;
  /** State of an older block doesn't show the last bid yet. */
  #notBefore = 0;
  #bidding: string | undefined;
  /** When the first slices of a job were ready; by job. */
  readonly #gathering = new Map<string, number>();
  readonly #rehearsal: Rehearsal;
  #stopped = false;

  constructor(options: BidderOptions) {
    this.#options = options;
    this.#rehearsal = new Rehearsal(options.account, options.clock);
  }

  /** From now on nothing new is bid on. */
  stop(): void {
    this.#stopped = true;
  }

  consider(snapshot: Snapshot): void {
    const { catalog, policy, stakes, metrics, outlook, takeUp, turns } = this.#options;
    keepJobs(this.#gathering, snapshot.jobs);
    const bound = boundWork(snapshot, { ...this.#options, account: this.#options.account.address });
    metrics.holding(bound.filter(({ held }) => held).length, snapshot.jobs.length);
    if (this.#stopped) return outlook.stop();
    const measured = stakes.measured(snapshot);
    const capacity = { ...this.#options.capacity, stepSeconds: stepSeconds(measured) };
    const gas = stakes.gasLeft(snapshot);
    const lookSeconds = lookSecondsOf(measured);
    turns.keepJobs(snapshot.jobs);
    this.#rehearsal.keepJobs(snapshot.jobs);
    const left: Race[] = [];
    const wanted: {
      readonly job: TracedJob;
      readonly bids: readonly Bid[];
      readonly place: Place;
      readonly candidates: readonly Candidate[];
    }[] = [];
    for (const whole of snapshot.jobs) {
      if (takeUp.pending && !takeUp.binds(whole, snapshot.now)) continue;
      const leave = outlook.slicesOf(whole.id);
      const job = this.#served(whole, leave);
      if (job.due.length === 0) continue;
      const model = catalog.ready(job.modelId);
      if (!model) {
        for (const slice of job.due) leave(slice, catalog.whyNot(job.modelId));
        continue;
      }
      const candidates = this.#candidates(job, model, { snapshot, bound }, leave);
      const { trace } = job;
      if (!trace || candidates.length === 0) continue;
      const traced = { ...job, trace };
      const terms = { now: snapshot.now, deadline: job.deadline, ...job.offer };
      const means = {
        policy,
        capacity,
        bound: [...bound, ...stakes.works],
        balance: measured.balance,
        gas,
      };
      const isReady = (slice: number): boolean => this.#isReady(traced, model, slice, leave);
      const taking = { turns, lookSeconds, leave, isReady };
      const { bids, place, left: others, unready } = bidsInTurn(job.id, terms, candidates, means, taking);
      left.push(...others);
      if (bids.length > 0 && this.#gathers(traced, model, unready)) {
        for (const { slices } of bids) for (const slice of slices) leave(slice, GATHERING);
        continue;
      }
      for (const { slices, unitPrice } of bids) {
        const bidding = because('BIDDING', (amount) => `it bids ${amount(unitPrice)} a constraint`);
        for (const slice of slices) leave(slice, bidding);
      }
      if (bids.length > 0) wanted.push({ job: traced, bids, place, candidates });
    }
    // One job at a time: the next one is decided on with what this one has bound.
    if (this.#bidding !== undefined || snapshot.block < this.#notBefore) return;
    for (const { job, bids, candidates } of inOrder(wanted))
      if (this.#bid(job, bids, candidates, { now: snapshot.now, step: capacity.stepSeconds })) return;
    turns.stoodBack(left, snapshot.now);
  }

  /** What there is to be done for of a job: of one that is left by the operator's lists what this node holds or leads already. */
  #served(job: JobView, leave: (slice: number, reason: Reason) => void): JobView {
    const refusal = this.#options.stakes.whyNotServed(job);
    if (!refusal) return job;
    const slices = job.slices.filter((slice) => this.#holds(slice));
    const over = job.slices.filter(({ state }) => state === 'settled');
    const kept = new Set([...slices, ...over].map(({ index }) => index));
    for (const slice of job.due) if (!kept.has(slice)) leave(slice, refusal);
    return { ...job, slices, due: slices.map(({ index }) => index) };
  }

  /** Everything that could be bid on and whose circuit is ready; begins to make ready what isn't, before the trace already. */
  #candidates(
    job: JobView,
    model: Model,
    { snapshot, bound }: { readonly snapshot: Snapshot; readonly bound: readonly BoundWork[] },
    leave: (slice: number, reason: Reason) => void,
  ): Candidate[] {
    const { now, gasPrice } = snapshot;
    const { readiness, pricer, stakes } = this.#options;
    const measured = stakes.measured(snapshot);
    const leaveAll = (slices: readonly number[], reason: Reason): Candidate[] => {
      for (const slice of slices) leave(slice, reason);
      return [];
    };
    if (!job.admitted) return leaveAll(job.due, notAdmitted());
    if (job.state === 'finalized' || job.state === 'closed') return [];
    const circuits = new Map(job.due.map((slice) => [slice, readiness.circuit(model, slice)]));
    const { trace } = job;
    if (job.state !== 'traced' || !trace) {
      for (const [slice, circuit] of circuits) {
        leave(slice, circuit ? NO_TRACE : readiness.whyNoCircuit(job.modelId, slice));
      }
      return [];
    }
    const traced = { ...job, trace };
    const biddable = job.slices.filter((slice) => {
      const reason = this.#whyNotOpen(slice, job, now) ?? this.#options.signedBids.whyOut(job, slice, now);
      if (reason) leave(slice.index, reason);
      return reason === undefined && slice.state !== 'settled';
    });
    return biddable.flatMap((slice): Candidate[] => {
      const circuit = circuits.get(slice.index);
      if (!circuit) return leaveAll([slice.index], readiness.whyNoCircuit(job.modelId, slice.index));
      // What failed already keeps nothing that could be bid on from being bid on.
      if (readiness.isFalse(traced, slice.index) && !this.#isReady(traced, model, slice.index, leave))
        return [];
      const weight = BigInt(model.registered.slices[slice.index].weight);
      const { seconds, cost } = pricer.slice(circuit, gasPrice, 'bid');
      const price = askingPrice(pricer.policy, cost, weight, job.feeBps);
      if (!price) return leaveAll([slice.index], ownMaximum(cost, pricer.policy.maxUnitPrice));
      const { index, collateral, unitPrice, windowEnd, holder } = slice;
      const { proveSeconds } = job.offer;
      const gas = pricer.gas.bid + pricer.gas.settle + (circuit.verifierGas ?? 0n);
      const leads = slice.state === 'held';
      const highest = leads ? undercut(unitPrice, job.offer.minUndercutBps) * weight : slice.price;
      const profit = afterFee(highest, job.feeBps) - cost;
      const stake = { collateral, profit, proveSeconds, proofSeconds: seconds, gas };
      const refusal = Number.isFinite(seconds)
        ? whyNoCollateral(stake, measured, stakes.limits)
        : NOT_MEASURED;
      if (refusal && !(leads && this.#isMine(holder))) return leaveAll([index], refusal);
      const leader = { unitPrice, windowEnd, holder, mine: this.#isMine(holder) };
      const owed = bound.find((work) => !work.held && work.jobId === job.id && work.slice === index);
      return [
        {
          slice: index,
          weight,
          price,
          seconds,
          collateral,
          gas,
          ramp: slice.price / weight,
          owed,
          ...(leads ? { leader } : {}),
        },
      ];
    });
  }

  /** Why nobody, or not this node, can bid on a slice now. */
  #whyNotOpen(
    { state, bound, holder, windowEnd, lockEnd }: SliceView,
    { cancelled }: JobView,
    now: number,
  ): Reason | undefined {
    if (state === 'lapsed') {
      return because('LAPSED', () => 'its holder was late: whoever proves it first is paid');
    }
    if (state === 'held' && now >= windowEnd) {
      return this.#isMine(holder)
        ? because('HELD', () => `it is to be proved here within ${Math.max(0, lockEnd - now)} s`)
        : because('HELD_BY_OTHER', () => `${holder} holds it for ${Math.max(0, lockEnd - now)} s more`);
    }
    return cancelled && !bound && state !== 'settled'
      ? because('CANCELLED', () => 'the requester cancelled the job')
      : undefined;
  }

  #holds({ state, holder }: SliceView): boolean {
    return state === 'held' && this.#isMine(holder);
  }

  #isMine(holder: string): boolean {
    return sameAddress(holder, this.#options.account.address);
  }

  /** Whether the slice's tensors are checked; begins to check them. */
  #isReady(
    job: TracedJob,
    model: Model,
    slice: number,
    leave: (slice: number, reason: Reason) => void,
  ): boolean {
    const { readiness } = this.#options;
    const circuit = readiness.circuit(model, slice);
    if (circuit && readiness.statement(job, model, slice, circuit) === 'done') return true;
    leave(slice, readiness.whyNoStatement(job, slice));
    return false;
  }

  /** Whether slices that are ready wait for these and for those whose circuit isn't there. */
  #gathers(job: TracedJob, model: Model, unready: readonly number[]): boolean {
    const { readiness } = this.#options;
    const without = job.due.filter((slice) => !readiness.circuit(model, slice));
    if (![...unready, ...without].some((slice) => readiness.isPending(job, slice))) return false;
    const now = this.#options.clock();
    const since = this.#gathering.get(job.id) ?? now;
    this.#gathering.set(job.id, since);
    return now < since + GATHER_MS;
  }

  /** False when this job's bidding is not to be tried now. */
  #bid(job: TracedJob, bids: readonly Bid[], candidates: readonly Candidate[], moment: BidMoment): boolean {
    const { attempts } = this.#options;
    const name = `bid ${job.id}`;
    const fields = {
      jobId: job.id,
      bids: bids.map(({ slices, unitPrice }) => [slices, unitPrice.toString()]),
    };
    const standing = attempts.ensure(name, fields, async () => {
      this.#bidding = job.id;
      try {
        for (const bid of bids) {
          const stakes = candidates.filter(({ slice }) => bid.slices.includes(slice));
          // Until it is mined much may have changed: the next one is decided on then.
          if (await this.#send(job, bid, stakes, moment)) break;
        }
      } finally {
        this.#bidding = undefined;
      }
    });
    // Done means that an earlier round was: this one begins with the next look.
    if (standing === 'done') attempts.forget((other) => other === name);
    return standing === 'running';
  }

  /** @returns whether anything was sent */
  async #send(
    job: TracedJob,
    { slices, unitPrice }: Bid,
    candidates: readonly Candidate[],
    { now, step }: BidMoment,
  ): Promise<boolean> {
    const { contracts, sender, account, stakes, signedBids, gasUsed, metrics, log } = this.#options;
    const { market } = contracts;
    const call = [job.id, job.trace.hash, maskOf(slices), unitPrice] as const;
    // Asked once all that the account sent before is in blocks, which may take some: others bid too, and what came to be too dear
    // since the state was read would cost gas for nothing.
    const build = async (): Promise<ContractTransaction> => {
      if ((await this.#rehearsal.taken(call)) === 0n) throw new TooLate();
      return account.bid(call);
    };
    const stake = {
      amount: candidates.reduce((sum, { collateral }) => sum + collateral, 0n),
      gas: candidates.reduce((sum, { gas }) => sum + gas, 0n),
      works: candidates.map((candidate) => workOf({ now, ...job.offer }, candidate)),
    };
    const withinSeconds = lastBidAt(job, candidates) - now;
    // What others' bids leave nothing of is left to the rehearsal before sending.
    const seconds = signedSeconds(withinSeconds, job.offer.bidWindow, step);
    if (await signedBids.handOut(call, stake, now, seconds)) return false;
    const sent = stakes.promising(stake, () => sender.send('bid', build, { withinSeconds }));
    const receipt = await sent.catch((error: unknown) => {
      if (error instanceof TooLate) return undefined;
      throw error;
    });
    if (!receipt) {
      metrics.bid(0, slices.length);
      log.debug({ jobId: job.id, slices, unitPrice: unitPrice.toString() }, 'bid comes too late');
      return false;
    }
    this.#notBefore = receipt.blockNumber;
    void gasUsed.record('bid', receipt.gasUsed);
    const taken = receipt.logs.flatMap((entry) => {
      const parsed = market.interface.parseLog(entry);
      return parsed?.name === 'BidPlaced' ? bitsOf(parsed.args.slices as bigint) : [];
    });
    metrics.bid(taken.length, slices.length - taken.length);
    log.info({ jobId: job.id, slices, taken, unitPrice: unitPrice.toString() }, 'bid placed');
    return true;
  }
}

/** The last second at which all of these can be bid on: another's window, or when a hold would end with the job. */
function lastBidAt({ deadline, offer }: JobView, candidates: readonly Candidate[]): number {
  const ends = candidates.flatMap(({ leader }) => (leader ? [leader.windowEnd] : []));
  return Math.min(deadline - offer.bidWindow - offer.proveSeconds, ...ends);
}

const NO_TRACE = because('NO_TRACE', () => 'nobody has executed the model yet');
const GATHERING = because('GATHERING', () => 'its job’s other slices are still being checked');
