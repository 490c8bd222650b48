/** A staircase over integers that never falls. */
interface Stairs {
  readonly of: (q: number) => number;
  /** How fast it rises. */
  readonly slope: number;
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Staircases as rescales: ⌊(q · factor + addend + 2^(shift−1)) / 2^shift⌋, cut off. */
export interface LinearSteps {
  readonly shift: number;
  readonly factors: readonly number[];
  readonly addends: readonly number[];
  /** Whether all are what they are to be, everywhere. */
  readonly exact: boolean;
}

/** Products stay below this in size, so that they and sums of them are exact. */
const MOST_PRODUCT = 2 ** 50;
const MOST_FACTOR = 2 ** 31 - 1;

/** The least shift, one for all channels, at which each staircase has a factor and an addend. */
export function linearSteps(channels: readonly Stairs[], hull: Bounds, results: Bounds): LinearSteps {
  const edges = channels.map((stairs) => edgesOf(stairs, hull, results));
  const size = Math.max(1, Math.abs(hull.low), Math.abs(hull.high));
  const steepest = Math.max(...channels.map(({ slope }) => slope));
  let best: LinearSteps | undefined;
  for (let shift = 1; shift <= 48; shift++) {
    const factors = channels.map(({ slope }) => Math.round(slope * 2 ** shift));
    const most = Math.ceil(steepest * 2 ** shift);
    if (most > MOST_FACTOR || most * size > MOST_PRODUCT || results.high * 2 ** shift > MOST_PRODUCT) break;
    const ranges = edges.map((own, c) => addendsFor(own, factors[c], shift));
    const exact = ranges.every(({ low, high }) => low <= high);
    best = { shift, factors, addends: ranges.map(({ low, high }) => Math.floor((low + high) / 2)), exact };
    if (exact) break;
  }
  return best ?? { shift: 0, factors: channels.map(() => 0), addends: channels.map(() => 0), exact: false };
}

/** A result k, and the first q that gives it or more; infinite where none in the hull does. */
interface Edge {
  readonly k: number;
  readonly last: number | undefined;
  readonly first: number | undefined;
}

function edgesOf({ of }: Stairs, hull: Bounds, results: Bounds): readonly Edge[] {
  const edges: Edge[] = [];
  for (let k = results.low + 1; k <= results.high; k++) {
    let [below, reached] = [hull.low - 1, hull.high + 1];
    while (reached - below > 1) {
      const middle = Math.floor((below + reached) / 2);
      if (of(middle) >= k) reached = middle;
      else below = middle;
    }
    edges.push({
      k,
      last: below < hull.low ? undefined : below,
      first: reached > hull.high ? undefined : reached,
    });
  }
  return edges;
}

/** The addends with which every edge is where it is to be. */
function addendsFor(edges: readonly Edge[], factor: number, shift: number): Bounds {
  let [low, high] = [-Infinity, Infinity];
  const half = 2 ** (shift - 1);
  for (const { k, last, first } of edges) {
    const border = k * 2 ** shift - half;
    if (first !== undefined) low = Math.max(low, border - first * factor);
    if (last !== undefined) high = Math.min(high, border - 1 - last * factor);
  }
  if (low === -Infinity) low = Math.min(high, 0);
  if (high === Infinity) high = Math.max(low, 0);
  return { low, high };
}
