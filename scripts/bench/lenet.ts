import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantiseTensor } from '../../protocol/manifest.ts';
import { readSampleSets, type Sample } from '../../protocol/samples.ts';
import { planModel } from '../../slicer/build/plan-model.ts';
import type { TensorValues } from '../../slicer/integer/program.ts';
import { readOnnx } from '../../slicer/onnx/index.ts';
import { circuitCost, type ModeChoice } from '../../slicer/plan/cost/cost-of.ts';
import { planSlices, type SlicePlan } from '../../slicer/plan/plan.ts';
import { median, rounded } from './benchmark.ts';
import type { Benchmark } from './benchmark.ts';
import { mebibytes } from './by-turns.ts';
import { warmProofs } from './prover.ts';
import { ABOUT_RAPIDSNARK, openProver, PROVERS, type ProverName } from './provers.ts';
import { sliceJob, type SliceJob } from './slice-job.ts';

const EXAMPLE = path.join(import.meta.dirname, '..', '..', 'examples', 'digits');
const ROUNDS = 3;
const WHOLE = 2 ** 20;

interface Job extends SliceJob {
  /** The planner's: in a circuit of lookups committed wires count. */
  readonly constraints: number;
}

/** The example's LeNet-5, as the build makes it and in one circuit, proved by both backends. */
export const lenet: Benchmark = {
  name: 'lenet',
  title: 'LeNet-5',
  run: async (log) => {
    const onnx = await readFile(path.join(EXAMPLE, 'model.onnx'));
    const calibration = await readSampleSets(path.join(EXAMPLE, 'calibration'), readOnnx(onnx).inputs);
    const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-bench-'));
    const rows: (string | number)[][] = [];
    try {
      for (const [label, mode, cut] of await cutsOf(onnx, calibration)) {
        log(`${label}, ${mode}: circuits and keys of ${cut.slices.length}`);
        const jobs = await jobsOf(cut, calibration[0][0], path.join(folder, `${label}-${mode}`));
        const ratios = new Map<string, number>();
        for (const backend of PROVERS) {
          log(`${label}, ${mode}: ${backend}`);
          const one = await warmProofs(jobs, backend, ROUNDS);
          const cpu = one.map((proofs) => median(proofs.map(({ cpuSeconds }) => cpuSeconds)));
          const wall = one.map((proofs) => median(proofs.map(({ proveSeconds }) => proveSeconds)));
          const sum = cpu.reduce((total, seconds) => total + seconds);
          ratios.set(backend, sum);
          rows.push([
            label,
            mode,
            jobs.length,
            jobs.reduce((total, { constraints }) => total + constraints, 0),
            backend,
            rounded(sum, 2),
            rounded(Math.max(...cpu), 2),
            rounded(Math.max(...wall), 2),
            rounded(await together(jobs, backend, 2), 2),
            mebibytes(Math.max(...one.flat().map(({ peakRssBytes }) => peakRssBytes))),
            rounded((ratios.get('snarkjs') ?? sum) / sum, 2),
            rounded(
              jobs.reduce((total, { witnessCpu }) => total + witnessCpu, 0),
              3,
            ),
          ]);
        }
      }
    } finally {
      await rm(folder, { recursive: true });
    }
    return {
      about:
        'The example model with the bits that its build chooses (at most 0.5 points of accuracy lost), cut as its build ' +
        'cuts it, and in one circuit. Warm proofs one after the other in one worker process, medians, every proof ' +
        `verified; and all slices of one inference by two workers. ${ABOUT_RAPIDSNARK}`,
      columns: [
        'cut',
        'mode',
        'slices',
        'constraints',
        'backend',
        'CPU s, sum',
        'CPU s, longest slice',
        'wall s, longest slice',
        'wall s, two workers',
        'peak MiB',
        'throughput (snarkjs = 1)',
        'witness CPU s, sum',
      ],
      rows,
    };
  },
};

/** By mode: as the build cuts it, and in one circuit. */
async function cutsOf(
  onnx: Uint8Array,
  calibration: readonly Sample[],
): Promise<readonly (readonly [string, ModeChoice, SlicePlan])[]> {
  const cuts: (readonly [string, ModeChoice, SlicePlan])[] = [];
  for (const mode of ['bits', 'auto'] as const) {
    const { program, plan } = await planModel(onnx, { calibration, mode });
    const costOf = circuitCost(mode);
    const whole = planSlices(program, { budget: WHOLE, minSlices: 1, target: 'gas', costOf });
    cuts.push(['sliced', mode, plan], ['whole', mode, whole]);
  }
  return cuts;
}

/** Circuits, keys and witnesses for one image. */
async function jobsOf(plan: SlicePlan, image: Float32Array, prefix: string): Promise<readonly Job[]> {
  const [input] = plan.tensors;
  const trace: TensorValues[] = [quantiseTensor({ ...input, ...input.range }, image)];
  const jobs: Job[] = [];
  for (const { id, name, program, figures, inputs, outputs, constraints } of plan.slices) {
    const values = inputs.map((tensor) => trace[tensor]);
    const job = await sliceJob(name, program, figures.mode, values, `${prefix}-${id}.zkey`);
    for (const [i, tensor] of outputs.entries()) trace[tensor] = job.outputs[i];
    jobs.push({ ...job, constraints });
  }
  return jobs;
}

/** Wall seconds of all slices by a few workers that have started. */
async function together(jobs: readonly Job[], backend: ProverName, workers: number): Promise<number> {
  const pool = openProver(backend, { workers });
  try {
    const all = (): Promise<unknown> =>
      Promise.all(jobs.map(({ provingKey, witness }) => pool.prove({ provingKey, witness })));
    await all();
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now();
      await all();
      times.push((performance.now() - start) / 1000);
    }
    return median(times);
  } finally {
    await pool.close();
  }
}
