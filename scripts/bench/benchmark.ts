/** One measured table. Times are medians; CPU seconds are the figure that a shared machine leaves alone. */
export interface BenchmarkResult {
  /** What was measured and how, in a sentence or two. */
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** Something that `npm run bench` measures: a file of this folder each, listed in scripts/bench.ts. */
export interface Benchmark {
  /** Names it on the command line and in bench/results.json. */
  readonly name: string;
  readonly title: string;
  /** @param log takes a line on what is being measured */
  readonly run: (log: (line: string) => void) => Promise<BenchmarkResult>;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `value` to so many digits after the point. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Processor seconds of this process, all its threads, while `work` ran. */
export async function cpuSecondsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
