import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantiseTensor } from '../../../protocol/manifest.ts';
import { splitWhole } from '../../../protocol/wholes.ts';
import { planModel } from '../../../slicer/build/plan-model.ts';
import type { TensorValues } from '../../../slicer/integer/program.ts';
import type { PlanSlice, SlicePlan } from '../../../slicer/plan/plan.ts';
import { cpuSecondsOf, median, rounded, type Benchmark } from '../benchmark.ts';
import { measuredNetworks, type MeasuredNetwork } from './measured.ts';
import { EIGHT, parametersOf } from './net.ts';
import { warmProofs } from '../prover.ts';
import { sliceJob, type SliceJob } from '../slice-job.ts';

const ROUNDS = 2;
const PLANNED = '';

type Row = readonly (string | number)[];

/** What docs/costs.md is made of: whole networks, cut as `model build` cuts them by itself. */
export const networks: Benchmark = {
  name: 'networks',
  title: 'Networks',
  run: async (log) => {
    const rows: Row[] = [];
    for (const network of await measuredNetworks()) {
      log(network.name);
      rows.push(await measure(network));
    }
    return {
      about:
        'Whole networks, cut and compiled as `model build` does by itself (lookups or bits, whichever is proved sooner). ' +
        'Warm proofs of all slices one after the other in one worker process on one thread, medians, every proof verified. ' +
        'Where nothing is measured the planner’s own figures for CPU and memory stand.',
      columns: [
        'network',
        'parameters',
        'slices',
        'constraints',
        'keys CPU s',
        'keys MiB',
        'proofs CPU s',
        'peak MiB',
        'how',
      ],
      rows,
    };
  },
};

async function measure({ name, onnx, calibration, proved }: MeasuredNetwork): Promise<Row> {
  const bits = proved ? undefined : EIGHT;
  const { plan } = await planModel(onnx, { calibration, mode: 'auto', bits });
  const { slices } = plan;
  const start = [name, parametersOf(onnx), slices.length, sumOf(slices, ({ constraints }) => constraints)];
  if (!proved) {
    const seconds = sumOf(slices, ({ figures }) => figures.seconds);
    const peak = Math.max(...slices.map(({ figures }) => figures.mebibytes));
    return [...start, PLANNED, PLANNED, rounded(seconds, 1), Math.round(peak), 'planned'];
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
  try {
    let jobs: readonly SliceJob[] = [];
    const setup = await cpuSecondsOf(async () => {
      jobs = await jobsOf(plan, calibration[0][0], folder);
    });
    const sizes = await Promise.all(jobs.map(({ provingKey }) => stat(provingKey)));
    const proofs = await warmProofs(jobs, 'native-js', ROUNDS);
    const seconds = proofs.map((made) => median(made.map(({ cpuSeconds }) => cpuSeconds)));
    const peak = Math.max(...proofs.flat().map(({ peakRssBytes }) => peakRssBytes));
    return [
      ...start,
      rounded(setup, 1),
      rounded(sumOf(sizes, ({ size }) => size) / 2 ** 20, 1),
      rounded(
        sumOf(seconds, (one) => one),
        2,
      ),
      Math.round(peak / 2 ** 20),
      'measured',
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sumOf<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/** Circuits, keys and witnesses of all slices, for one input. */
async function jobsOf(
  { tensors, wholes, slices }: SlicePlan,
  input: Float32Array,
  folder: string,
): Promise<readonly SliceJob[]> {
  const trace: TensorValues[] = [];
  const [whole] = wholes.inputs;
  for (const [i, values] of splitWhole(whole, Float64Array.from(input)).entries()) {
    const { tensor } = whole.pieces[i];
    trace[tensor] = quantiseTensor({ ...tensors[tensor], ...tensors[tensor].range }, values);
  }
  const jobOf = ({ id, name, program, figures, inputs }: PlanSlice): Promise<SliceJob> => {
    const values = inputs.map((tensor) => trace[tensor]);
    return sliceJob(name, program, figures.mode, values, path.join(folder, `${id}.zkey`));
  };
  const jobs: SliceJob[] = [];
  for (const slice of slices) {
    const job = await jobOf(slice);
    for (const [i, tensor] of slice.outputs.entries()) trace[tensor] = job.outputs[i];
    jobs.push(job);
  }
  return jobs;
}
