import { printTable, standardOutput } from '../../protocol/terminal/output.ts';

/** One proved slice of the demo. */
export interface SliceRow {
  readonly job: string;
  readonly slice: number;
  readonly node: string;
  /** In the asset's smallest unit, as decimal text. */
  readonly pricePaid: string;
  readonly constraints: number;
  readonly proveSeconds: number;
  readonly peakRssBytes: number;
}

export interface JobRow {
  readonly id: string;
  /** What the digit is, by its label. */
  readonly label: string;
  /** What the model said it is. */
  readonly predicted: string;
  /** Whether its receipt, rebuilt from chain and store alone, holds. */
  readonly verified: boolean;
}

/** What `npm run demo -- --report FILE` writes. */
export interface DemoReport {
  readonly jobs: readonly JobRow[];
  readonly slices: readonly SliceRow[];
  /** Gas of settling a slice in the largest batch (transaction, calldata, payment and all), and alone. */
  readonly gas: { readonly perSliceBatched: number; readonly perSliceSingle: number };
  readonly invariantsHold: boolean;
}

export function printReport(report: DemoReport, formatAmount: (amount: bigint) => string): void {
  const output = standardOutput(false);
  output.write('\nJobs\n');
  printTable(
    output,
    ['job', 'label', 'predicted', 'receipt'],
    report.jobs.map(({ id, label, predicted, verified }) => [
      id.slice(0, 10),
      label,
      predicted,
      verified ? 'holds' : 'DOES NOT HOLD',
    ]),
  );
  output.write('\nProofs\n');
  printTable(
    output,
    ['job', 'slice', 'node', 'paid', 'constraints', 'seconds', 'peak MiB'],
    report.slices.map(({ job, slice, node, pricePaid, constraints, proveSeconds, peakRssBytes }) => [
      job.slice(0, 10),
      slice,
      node,
      formatAmount(BigInt(pricePaid)),
      constraints,
      proveSeconds.toFixed(2),
      Math.round(peakRssBytes / 2 ** 20),
    ]),
  );
}
