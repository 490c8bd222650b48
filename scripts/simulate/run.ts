import { Chain, KINDS, type Kind } from './chain.ts';
import { postJob, rampOf, type Holder, type Job, type Slice } from './market.ts';
import { SimulatedNode } from './node.ts';
import type { BidsInTurn } from '../../prover-node/bid/in-turn.ts';
import { inOrder } from '../../prover-node/turns/turns.ts';
import { Rivals } from '../../prover-node/turns/rivals.ts';
import { Random } from '../random.ts';
import type { Measured, Network, Setting } from './setting.ts';

/** What a simulated market came to. Amounts are whole ones of the asset. */
export interface Outcome {
  readonly jobs: number;
  readonly slices: number;
  readonly finalized: number;
  /** Slices whose holder was late. */
  readonly late: number;
  /** Seconds from post to the last proof's settlement: median, and 19 of 20. */
  readonly secondsToResult: readonly [number, number];
  /** What was paid, beside what the cheapest node could have done it for. */
  readonly priceToCost: number;
  /** That took it, each. */
  readonly bidsASlice: number;
  /** Transactions with bids, those in vain included. */
  readonly bidTransactionsASlice: number;
  /** Of all transactions with bids. */
  readonly bidsInVain: number;
  /** Of all claims. */
  readonly claimsInVain: number;
  /** Of all transactions. */
  readonly inVain: number;
  /** The same from half of the time on, when nodes have come to know one another. */
  readonly inVainLater: number;
  /** That any slice had at most. */
  readonly mostBidsASlice: number;
  /** What those who have the slices need at least, beside what the cheapest node does. */
  readonly costToLeast: number;
  readonly inVainASlice: number;
  readonly gasASlice: number;
  /** Of all gas. */
  readonly gasShare: Readonly<Record<Kind, number>>;
  /** Of the blocks' room: mean and most. */
  readonly fullness: readonly [number, number];
  /** Transactions that waited for room at most. */
  readonly mostWaiting: number;
  readonly mostCollateral: number;
  /** Proofs a second that aggregators check, and events that an indexer books. */
  readonly settledASecond: number;
  readonly eventsASecond: number;
}

interface HandIn {
  readonly slice: Slice;
  readonly at: number;
}

/** Of one transaction (EIP-7825). */
const MOST_GAS = 2 ** 24;
/** Seconds after which what isn't at its end is given up. */
const LONGEST_TAIL = 2_000;

/** Carries a market from its first job to the end of its last, block by block. */
export function simulate(setting: Setting, measured: Measured): Outcome {
  // Apart, so that with other nodes, or more of them, the same jobs come.
  const ofJobs = new Random(setting.seed);
  const ofNodes = new Random(setting.seed + 1);
  const ofLooks = new Random(setting.seed + 2);
  const { gas } = measured;
  const rivals = { bidders: new Rivals(), executors: new Rivals() };
  const nodes = Array.from(
    { length: setting.nodes },
    (_, i) => new SimulatedNode(setting, measured, ofNodes, rivals, `node${i}`),
  );
  const byFloor = new Map(measured.networks.map((network) => [network, cheapestFirst(nodes, network)]));
  const highest = new Map(
    measured.networks.map((network) => [network, highestFor(byFloor.get(network)!, network, setting)]),
  );
  const chain = new Chain(setting.blockGas);
  const jobs: Job[] = [];
  const unclaimed = new Set<Job>();
  const open = new Set<Job>();
  const proving: HandIn[] = [];
  const gathered: HandIn[] = [];
  let late = 0;
  let mostWaiting = 0;
  let half = countsOf(chain);

  const perJob = measured.networks.reduce((sum, { slices }) => sum + slices, 0) / measured.networks.length;
  const jobsASecond = setting.slicesADay / perJob / 86_400;
  let nextPost = ofJobs.until(jobsASecond);

  const settle = (batch: readonly HandIn[]): void => {
    const of = new Set(batch.map(({ slice }) => slice.job)).size;
    const cost = gas.settle(batch.length, of);
    chain.send({
      gas: cost,
      apply(now) {
        for (const { slice } of batch) {
          const { leader, job } = slice;
          if (now > slice.lockEnd) late++;
          else {
            slice.settledAt = now;
            if (--job.open === 0) {
              chain.send({
                gas: gas.finalize,
                apply(at) {
                  job.finalizedAt = at;
                  return { kind: 'finalize', gas: gas.finalize };
                },
              });
            }
          }
          leader?.drop(slice);
        }
        return { kind: 'settle', gas: cost };
      },
    });
  };

  for (let now = 0; now < setting.seconds + LONGEST_TAIL; now += setting.blockSeconds) {
    for (; nextPost <= now && nextPost < setting.seconds; nextPost += ofJobs.until(jobsASecond)) {
      const network = ofJobs.of(measured.networks);
      post(network, nextPost);
    }
    if (now < setting.seconds / 2) half = countsOf(chain);
    chain.mine(now);
    mostWaiting = Math.max(mostWaiting, chain.waiting);
    look(now);
    handIn(now);
    if (now >= setting.seconds && jobs.every(({ finalizedAt }) => finalizedAt !== undefined)) break;
  }
  return outcome();

  function post(network: Network, at: number): void {
    const job = postJob(`job${jobs.length}`, network, at, highest.get(network)!, setting);
    jobs.push(job);
    chain.send({
      gas: gas.post,
      apply() {
        unclaimed.add(job);
        return { kind: 'post', gas: gas.post };
      },
    });
  }

  function traced(job: Job, now: number): void {
    unclaimed.delete(job);
    job.tracedAt = now;
    open.add(job);
  }

  /** Every node looks after every block, claims and bids; it bids on one job at a time. */
  function look(now: number): void {
    const { blockSeconds, pendingSeenAfter } = setting;
    const posted = [...unclaimed];
    for (const node of posted.length > 0 ? shuffled(nodes) : []) {
      const job = node.claims(posted, now);
      if (job) node.claim(job, chain, gas, (at) => traced(job, at));
    }
    for (const job of open) {
      for (const slice of job.slices) {
        if (slice.leader === undefined || slice.windowEnd > now || slice.proved) continue;
        slice.proved = true;
        const at = slice.leader.prove(slice, now);
        proving.push({ slice, at });
      }
      if (job.slices.every(({ proved }) => proved)) open.delete(job);
    }
    const wanted = new Map<SimulatedNode, Job[]>();
    for (const job of open) {
      for (const node of lookers(job, now)) wanted.set(node, [...(wanted.get(node) ?? []), job]);
    }
    const spread = pendingSeenAfter === undefined ? 0 : blockSeconds;
    for (const [i, [node, of]] of shuffled([...wanted]).entries()) {
      const at = now + (i / wanted.size) * spread;
      const heard = pendingSeenAfter === undefined ? now : at - pendingSeenAfter;
      const found: (BidsInTurn & { readonly job: Job })[] = [];
      for (const job of of) {
        found.push({ job, ...node.decide(job, now, heard) });
        if (!setting.turns && found[found.length - 1].bids.length > 0) break;
      }
      const made = found.filter(({ bids }) => bids.length > 0);
      if (made.length === 0) {
        node.standBack(
          found.flatMap(({ left }) => left),
          now,
        );
        continue;
      }
      const [{ job, bids }] = inOrder(made);
      node.send(job, bids, at, chain, gas);
    }
  }

  /** In an order that favours nobody. */
  function shuffled<T>(all: readonly T[]): readonly T[] {
    return all
      .map((one) => ({ one, order: ofLooks.next() }))
      .sort((a, b) => a.order - b.order)
      .map(({ one }) => one);
  }

  /** The nodes that may have something to bid on a job. */
  function lookers(job: Job, now: number): readonly SimulatedNode[] {
    const ramp = rampOf(job, now, setting);
    const unled = job.slices.some(({ leader }) => leader === undefined);
    const found: SimulatedNode[] = [];
    for (const node of byFloor.get(job.network)!) {
      const { price } = node.quotes.get(job.network)!;
      // Dearer ones have nothing to bid either: neither has the ramp come to them, nor can they undercut.
      const reached = unled && price.ask <= ramp;
      if (!reached && !job.slices.some((slice) => slice.leader !== undefined && node.canUndercut(slice))) {
        if (price.floor > ramp) break;
        continue;
      }
      if (node.free) found.push(node);
    }
    return found;
  }

  /** What was proved is handed in, and settled by size, age and deadline. */
  function handIn(now: number): void {
    const { maxBatch, maxAgeSeconds } = setting.aggregator;
    for (let i = proving.length - 1; i >= 0; i--) {
      if (proving[i].at <= now) gathered.push(...proving.splice(i, 1));
    }
    gathered.sort((a, b) => a.at - b.at);
    while (gathered.length >= maxBatch) settle(gathered.splice(0, fitting(gathered.slice(0, maxBatch))));
    if (gathered.length > 0 && now - gathered[0].at >= maxAgeSeconds) {
      while (gathered.length > 0) settle(gathered.splice(0, fitting(gathered)));
    }
  }

  /** How many of these one settlement can bring. */
  function fitting(batch: readonly HandIn[]): number {
    const most = Math.min(MOST_GAS, setting.blockGas);
    for (let count = batch.length; count > 1; count--) {
      const of = new Set(batch.slice(0, count).map(({ slice }) => slice.job)).size;
      if (gas.settle(count, of) <= most) return count;
    }
    return 1;
  }

  function outcome(): Outcome {
    const slices = jobs.flatMap((job) => job.slices);
    const settled = slices.filter(({ settledAt }) => settledAt !== undefined);
    const paid = settled.reduce(
      (sum, { unitPrice, job }) => sum + Number(unitPrice) * job.network.constraints,
      0,
    );
    const least = settled.reduce(
      (sum, { job }) =>
        sum +
        Number(byFloor.get(job.network)![0].quotes.get(job.network)!.price.floor) * job.network.constraints,
      0,
    );
    const needed = settled.reduce(
      (sum, { leader, job }) =>
        sum + Number(nodeOf(leader).quotes.get(job.network)!.price.floor) * job.network.constraints,
      0,
    );
    const all = KINDS.reduce((sum, kind) => sum + chain.spent.get(kind)!.gas, 0);
    const bids = chain.spent.get('bid')!.count;
    const vain = chain.spent.get('bid in vain')!.count;
    const claims = chain.spent.get('claim')!.count;
    const lost = chain.spent.get('claim in vain')!.count;
    const seconds = chain.fullness.length * setting.blockSeconds;
    const { all: events } = countsOf(chain);
    return {
      jobs: jobs.length,
      slices: slices.length,
      finalized: jobs.filter(({ finalizedAt }) => finalizedAt !== undefined).length,
      late,
      secondsToResult: quantiles(
        jobs.flatMap(({ finalizedAt, postedAt }) =>
          finalizedAt === undefined ? [] : [finalizedAt - postedAt],
        ),
      ),
      priceToCost: least === 0 ? 0 : paid / least,
      bidsASlice: slices.reduce((sum, slice) => sum + slice.bids, 0) / Math.max(1, slices.length),
      bidTransactionsASlice: (bids + vain) / Math.max(1, slices.length),
      bidsInVain: vain / Math.max(1, bids + vain),
      claimsInVain: lost / Math.max(1, claims + lost),
      inVain: (vain + lost) / Math.max(1, events),
      inVainLater: (vain + lost - half.inVain) / Math.max(1, events - half.all),
      mostBidsASlice: Math.max(0, ...slices.map((slice) => slice.bids)),
      costToLeast: least === 0 ? 0 : needed / least,
      inVainASlice: (vain + lost) / Math.max(1, slices.length),
      gasASlice: all / Math.max(1, slices.length),
      gasShare: Object.fromEntries(
        KINDS.map((kind) => [kind, chain.spent.get(kind)!.gas / Math.max(1, all)]),
      ) as Record<Kind, number>,
      fullness: [
        chain.fullness.reduce((sum, part) => sum + part, 0) / chain.fullness.length,
        chain.fullness.reduce((most, part) => Math.max(most, part), 0),
      ],
      mostWaiting,
      mostCollateral: nodes.reduce((sum, { mostCollateral }) => sum + Number(mostCollateral) / 1e18, 0),
      settledASecond: settled.length / seconds,
      eventsASecond: events / seconds,
    };
  }
}

function countsOf({ spent }: Chain): { readonly all: number; readonly inVain: number } {
  const count = (kinds: readonly Kind[]): number =>
    kinds.reduce((sum, kind) => sum + spent.get(kind)!.count, 0);
  return { all: count(KINDS), inVain: count(['bid in vain', 'claim in vain']) };
}

function nodeOf(holder: Holder | undefined): SimulatedNode {
  return holder as SimulatedNode;
}

function cheapestFirst(nodes: readonly SimulatedNode[], network: Network): readonly SimulatedNode[] {
  return nodes
    .filter((node) => node.quotes.has(network))
    .sort((a, b) => Number(a.quotes.get(network)!.price.floor - b.quotes.get(network)!.price.floor));
}

/** The ramp's end: so many times what the node in the middle asks. */
function highestFor(nodes: readonly SimulatedNode[], network: Network, { offer }: Setting): bigint {
  const { ask } = nodes[nodes.length >> 1].quotes.get(network)!.price;
  return (ask * BigInt(Math.round(offer.highest * 100))) / 100n;
}

function quantiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return [at(0.5), at(0.95)];
}
