import type { SliceFigures } from './cost.ts';

/** What a plan is to be cheapest in; the rest of the cost decides between plans that are alike in it. */
export const PLAN_TARGETS = ['constraints', 'latency', 'gas', 'memory'] as const;
export type PlanTarget = (typeof PLAN_TARGETS)[number];

/**
 * Gas of one job that follows the cut (snapshots/gas.json): a slice's bid ("bid, ten slices, each") and its
 * settlement in a batch ("settle, ten jobs of five circuits, each slice"), and 32 bytes of calldata and their
 * hashing for a tensor of the trace.
 */
export const GAS = { slice: 33_896 + 69_559, tensor: 650 } as const;

/** The cost of a whole plan by what it is made of. */
export interface PlanCost {
  /** CPU seconds of all proofs. */
  readonly seconds: number;
  /** Seconds until the last proof is there, see {@link planCost}. */
  readonly latency: number;
  readonly gas: number;
  /** Of the slice that needs most. */
  readonly mebibytes: number;
}

/** Seconds that a unit of each part of the cost is worth. */
type Weights = Readonly<Record<keyof PlanCost, number>>;

const WEIGHTS: Readonly<Record<PlanTarget, Weights>> = {
  constraints: { seconds: 1, latency: 1, gas: 4e-7, mebibytes: 1e-3 },
  latency: { seconds: 0.05, latency: 10, gas: 4e-7, mebibytes: 1e-3 },
  gas: { seconds: 0.2, latency: 0.1, gas: 1e-4, mebibytes: 1e-3 },
  memory: { seconds: 0.2, latency: 0.1, gas: 4e-7, mebibytes: 1 },
};

/** Provers that are thought to share a job. */
export const DEFAULT_PROVERS = 8;

/** What a search is after. */
export interface Aim {
  readonly target: PlanTarget;
  readonly provers: number;
  /** Fewest slices, where the model can be cut into so many. */
  readonly minSlices: number;
  /** Seconds put on each slice besides, to have fewer of them. */
  readonly perSlice: number;
}

/**
 * Adds up what slices cost. Latency is the time until the last proof is there. A slice's proof needs the trace
 * and no other proof, so once a job is executed all slices can be proved side by side, whatever the graph: the
 * longest path through the DAG binds the execution (one pass through ONNX Runtime, the same for every cut), not
 * the proofs. Of P provers, each taking the next slice when it is free, the last is done within
 * Σ/P + (1 − 1/P) · longest (Graham, Bounds on multiprocessing timing anomalies, 1969).
 */
export function planCost(slices: readonly SliceFigures[], provers: number): PlanCost {
  let [seconds, longest, mebibytes, gas] = [0, 0, 0, 0];
  for (const slice of slices) {
    seconds += slice.seconds;
    longest = Math.max(longest, slice.seconds);
    mebibytes = Math.max(mebibytes, slice.mebibytes);
    gas += gasOf(slice);
  }
  return { seconds, latency: seconds / provers + (1 - 1 / provers) * longest, gas, mebibytes };
}

/** What is only executed has neither bid nor settlement of its own. */
function gasOf({ constraints, outputs }: SliceFigures): number {
  return (constraints === 0 ? 0 : GAS.slice) + GAS.tensor * outputs;
}

/** What slices come to under an aim: less is better. */
export function priceOf(slices: readonly SliceFigures[], { target, provers, perSlice }: Aim): number {
  const weights = WEIGHTS[target];
  const cost = planCost(slices, provers);
  return (
    perSlice * slices.length +
    weights.seconds * cost.seconds +
    weights.latency * cost.latency +
    weights.gas * cost.gas +
    weights.mebibytes * cost.mebibytes
  );
}

/** The part of {@link priceOf} that adds up slice by slice: all but the longest and the largest. */
export function shareOf(slice: SliceFigures, { target, provers, perSlice }: Aim): number {
  const weights = WEIGHTS[target];
  return (
    perSlice + (weights.seconds + weights.latency / provers) * slice.seconds + weights.gas * gasOf(slice)
  );
}
