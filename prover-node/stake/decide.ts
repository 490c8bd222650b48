import { fits, type Work } from '../bid/capacity.ts';
import { because, type Amount, type Reason } from '../reasons.ts';
import { secondsForDue, secondsIn } from './bound.ts';

/** What the operator lets the node put up. Amounts in 10^-18 of the asset. */
export interface StakeLimits {
  /** The largest bond of one execution; undefined: what the ledger has. */
  readonly maxBond?: bigint | undefined;
  /** The largest part of all that the account has in the ledger that may be at stake at once: 0 … 1. */
  readonly maxStakeShare: number;
  /** Wei per unit of gas above which nothing new is taken on; undefined: no bound. */
  readonly maxGasPrice?: bigint | undefined;
  /** The least that it has to leave above its cost. */
  readonly minProfit: bigint;
}

/** What is measured, here and of the chain. Times in seconds. */
export interface Measured {
  /** Between blocks, of as many as a transaction may take those that came slowest lately. */
  readonly blockSeconds: number;
  /** Between looks at the chain. */
  readonly pollSeconds: number;
  /** By how much a look came later than that lately, or the next one is late by now: the RPC was away, or the machine busy. */
  readonly lateSeconds: number;
  /** How many times longer than measured work may take; at least 1. */
  readonly safety: number;
  /** Proofs at once. */
  readonly workers: number;
  readonly gasPrice: bigint;
  /** The most gas that one transaction may have. */
  readonly mostGas: bigint;
  /** Gas of everything that may still have to be sent for what is at stake already. */
  readonly gasUnderWay: bigint;
  /** Wei that the key which sends has; undefined: not known yet. */
  readonly native: bigint | undefined;
  /** Bytes free where the node keeps its data; undefined: not known. */
  readonly diskFree: number | undefined;
  /** Of the account in the ledger: free, and at stake. */
  readonly balance: bigint;
  readonly reserved: bigint;
}

/** What an execution would bind the node to. */
export interface ExecutionStake {
  readonly bond: bigint;
  /** What it pays now, above what it costs. */
  readonly profit: bigint;
  readonly commitSeconds: number;
  readonly jobSeconds: number;
  readonly bidWindow: number;
  readonly proveSeconds: number;
  /** Whether others may make slices due after the trace: by a challenge. */
  readonly challengeable: boolean;
  /** Seconds that running the model takes here. */
  readonly runSeconds: number;
  /** Seconds of each proof that is due, or may become due; undefined: proving is left to others. */
  readonly proofSeconds: readonly number[] | undefined;
  /** Proving that it is bound to already, or may come to be. */
  readonly bound: readonly Work[];
  /** Words of output values that the trace reveals on chain; 0: none. */
  readonly outputWords: number;
  /** Tensors whose commitments come with the trace. */
  readonly tensors: number;
  /** Gas of everything that it may have to send, one thing after the other. */
  readonly gas: bigint;
}

/** What a bid would bind the node to. */
export interface BidStake {
  readonly collateral: bigint;
  /** What it brings at most now, after the market's fee, above what it costs. */
  readonly profit: bigint;
  readonly proveSeconds: number;
  readonly proofSeconds: number;
  readonly gas: bigint;
}

/** Revealing outputs: 31,024 gas a word, hash, calldata and event (snapshots/gas.json), and a little more. */
const REVEAL_GAS = 300_000n;
const REVEAL_GAS_A_WORD = 32_000n;
const COMMITMENT_GAS = 1_000n;
/** Bringing a trace without revealing anything. */
const TRACE_GAS = 80_000n;
/**
 * A transaction is in one of so many blocks after it was decided on: one that is full or missed, one for the look, and one for
 * another of ours that is under way.
 */
export const BLOCKS_A_STEP = 4;
/** A chain that mined at once so far need not go on so. */
const LEAST_BLOCK_SECONDS = 2;

/** Bytes that a job may need: a trace, and a proof with its keys. */
export const LEAST_DISK = 64 << 20;

/** A base fee doubles within six full blocks. */
const GAS_PRICE_RISE = 2n;

/** Seconds from a decision until its transaction counts. */
export function stepSeconds({
  blockSeconds,
  pollSeconds,
  lateSeconds,
}: Pick<Measured, 'blockSeconds' | 'pollSeconds' | 'lateSeconds'>): number {
  return BLOCKS_A_STEP * Math.max(blockSeconds, LEAST_BLOCK_SECONDS) + pollSeconds + lateSeconds;
}

/** Gas of bringing a trace that reveals so many words of outputs: never less than it takes. */
export function traceGas({ outputWords, tensors }: Pick<ExecutionStake, 'outputWords' | 'tensors'>): bigint {
  const revealing = outputWords === 0 ? 0n : REVEAL_GAS + REVEAL_GAS_A_WORD * BigInt(outputWords);
  return TRACE_GAS + revealing + COMMITMENT_GAS * BigInt(tensors);
}

/** The most that a unit of gas is reckoned to come to cost, wei: what the operator lets it cost, or twice what it does now. */
function gasPriceAtMost(
  { gasPrice }: Pick<Measured, 'gasPrice'>,
  { maxGasPrice }: Pick<StakeLimits, 'maxGasPrice'>,
): bigint {
  return maxGasPrice ?? gasPrice * GAS_PRICE_RISE;
}

/** Gas that the key's coins buy besides what is under way; undefined: not known yet. */
export function gasLeft(measured: Measured, limits: StakeLimits): bigint | undefined {
  const price = gasPriceAtMost(measured, limits);
  if (measured.native === undefined || price === 0n) return undefined;
  const left = measured.native / price - measured.gasUnderWay;
  return left > 0n ? left : 0n;
}

/** What says that the key's coins don't buy the gas of what may have to be sent. */
export function tooLittleGas(gas: bigint, left: bigint): Reason {
  return because(
    'GAS_BALANCE',
    () =>
      `its transactions may take ${gas} gas, the key that sends them has coins for ${left} more than what is under way may take`,
  );
}

/**
 * Why no bond is put up for an execution. Everything that the requester chose is held against what was measured: a claim that
 * can't be honoured costs the bond, and whoever makes it so gets a part.
 */
export function whyNoBond(
  stake: ExecutionStake,
  measured: Measured,
  limits: StakeLimits,
): Reason | undefined {
  const { commitSeconds, runSeconds, bond } = stake;
  const step = stepSeconds(measured);
  const commit = runSeconds * measured.safety + step;
  if (!(commit <= commitSeconds)) {
    return because(
      'EXECUTION_HURRIED',
      () =>
        `running the model and bringing its trace takes up to ${commit.toFixed(1)} s, a claim leaves ${commitSeconds} s`,
    );
  }
  const revealing = traceGas(stake);
  if (revealing > measured.mostGas) {
    return because(
      'OUTPUTS_TOO_LARGE',
      () =>
        `its ${stake.outputWords} words of outputs take about ${revealing} gas, a transaction has ${measured.mostGas} at most`,
    );
  }
  return (
    whyNotProvedInTime(stake, measured, step) ??
    whyNotAtStake({ amount: bond, most: limits.maxBond, ...stake }, measured, limits)
  );
}

function whyNotProvedInTime(
  stake: ExecutionStake,
  { safety, workers }: Measured,
  step: number,
): Reason | undefined {
  const { proofSeconds, bound, jobSeconds, bidWindow, proveSeconds, challengeable } = stake;
  if (proofSeconds === undefined || proofSeconds.length === 0) return undefined;
  const longest = Math.max(...proofSeconds) * safety;
  const all = Math.max(
    longest,
    // What it is bound to already may all come first.
    (proofSeconds.reduce((sum, seconds) => sum + seconds, secondsIn(bound)) * safety) / Math.max(1, workers),
  );
  // A bid, and the settlement. What a challenge makes due at the last moment has its own time.
  const time = secondsForDue(jobSeconds, stake, challengeable);
  const needed = bidWindow + all + 2 * step;
  if (needed <= time && longest + step <= proveSeconds) {
    if (fits(bound, executionAsWorks(stake), { workers, safety, stepSeconds: step })) return undefined;
    return because(
      'CAPACITY',
      () =>
        `its proofs take up to ${all.toFixed(1)} s with what is under way on ${workers} at once, and what is held or due already would come too late`,
    );
  }
  return because(
    'PROVING_HURRIED',
    () =>
      `what is due or may become due takes up to ${needed.toFixed(1)} s with bids, settlements and what is under way, its longest proof ${(longest + step).toFixed(1)} s; the job leaves ${time} s, a hold ${proveSeconds} s`,
  );
}

/** What a claim binds a node to that proves: its slices may come to be due at any time after the trace. */
export function executionAsWorks(stake: ExecutionStake): readonly Work[] {
  const dueIn = secondsForDue(stake.jobSeconds, stake, stake.challengeable);
  return (stake.proofSeconds ?? []).map((seconds) => ({ seconds, from: 0, dueIn, floating: true }));
}

/** Why no collateral is put up for a slice. */
export function whyNoCollateral(
  stake: BidStake,
  measured: Measured,
  limits: StakeLimits,
): Reason | undefined {
  const { proofSeconds, proveSeconds, collateral } = stake;
  const needed = proofSeconds * measured.safety + stepSeconds(measured);
  if (!(needed <= proveSeconds)) {
    return because(
      'PROVING_HURRIED',
      () => `proving and settling it takes up to ${needed.toFixed(1)} s, a hold leaves ${proveSeconds} s`,
    );
  }
  return whyNotAtStake({ amount: collateral, most: undefined, ...stake }, measured, limits);
}

/** What holds of every amount that is put up, whatever for. */
function whyNotAtStake(
  {
    amount,
    most,
    gas,
    profit,
  }: {
    readonly amount: bigint;
    readonly most: bigint | undefined;
    readonly gas: bigint;
    readonly profit: bigint;
  },
  measured: Measured,
  limits: StakeLimits,
): Reason | undefined {
  const { gasPrice, balance, reserved, diskFree } = measured;
  if (diskFree !== undefined && diskFree < LEAST_DISK) {
    return because(
      'DISK_FULL',
      () => `${Math.floor(diskFree / 2 ** 20)} MiB are free for its data, a job may need ${LEAST_DISK >> 20}`,
    );
  }
  const { maxStakeShare, maxGasPrice, minProfit } = limits;
  if (most !== undefined && amount > most) {
    return because('MAX_BOND', (show: Amount) => `its bond is ${show(amount)}, max-bond is ${show(most)}`);
  }
  const share = ((balance + reserved) * BigInt(Math.floor(maxStakeShare * 1e6))) / 1_000_000n;
  if (reserved + amount > share && maxStakeShare < 1) {
    return because(
      'MAX_STAKE_SHARE',
      (show: Amount) =>
        `with it ${show(reserved + amount)} would be at stake, max-stake-share lets it be ${show(share)}`,
    );
  }
  if (maxGasPrice !== undefined && gasPrice > maxGasPrice) {
    return because('GAS_PRICE', () => `gas costs ${gasPrice} wei now, max-gas-price is ${maxGasPrice}`);
  }
  if (minProfit > 0n && profit < minProfit) {
    return because(
      'MIN_PROFIT',
      (show: Amount) =>
        `it leaves ${profit < 0n ? `a loss of ${show(-profit)}` : show(profit)} above its cost now, min-profit is ${show(minProfit)}`,
    );
  }
  const left = gasLeft(measured, limits);
  return left !== undefined && gas > left ? tooLittleGas(gas, left) : undefined;
}
