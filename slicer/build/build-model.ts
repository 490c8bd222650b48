import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  encodeManifest,
  type AccuracyReport,
  type Manifest,
  type ManifestSlice,
} from '../../protocol/manifest.ts';
import type { Preprocessing } from '../../protocol/image.ts';
import { isFloat } from '../onnx/tensor-data.ts';
import type { Whole } from '../../protocol/box.ts';
import { plainText } from '../../protocol/plain-text.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { isProvable, type TensorValues } from '../integer/program.ts';
import type { PlanSlice, SlicePlan } from '../plan/plan.ts';
import type { MeasuredTradeoff } from '../quantise/tradeoff.ts';
import { SetupThreads } from '../../groth16/setup/threads.ts';
import { deriveDevelopmentPhase1, sampleDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { expectWithinBudget, measureAccuracy, type Accuracy, type HeldOut } from './accuracy.ts';
import { buildSlice } from './build-slice.ts';
import { BuildError } from './errors.ts';
import { openFloatRuntime } from './float-runtime.ts';
import { expectPlace, MANIFEST_FILE, replaceFolder, SOURCE_FILE, stagingFolder } from './folder.ts';
import { measureTradeoff, remembering, writeTradeoff } from './measure-tradeoff.ts';
import { DEFAULT_ACCURACY_BUDGET, planModel, type PlannedModel, type PlanModelOptions } from './plan-model.ts';
import { proveOnce } from './prove-once.ts';
import { recipeOf } from './recipe.ts';

export interface BuildOptions extends Omit<PlanModelOptions, 'onStep'> {
  /** The float model's file. */
  readonly onnx: Uint8Array;
  /** What the manifest calls it. */
  readonly name: string;
  /** Inputs that accuracy is measured on. */
  readonly heldOut: HeldOut;
  /** The folder that the build becomes; an earlier build there is replaced. */
  readonly outDir: string;
  /** Whoever runs a development setup can forge proofs; the manifest says so. */
  readonly setup: 'development';
  /** Threads of the setup. Default: as many as the machine runs at a time. */
  readonly workers?: number;
  /** Makes the keys the same every time; without it they are random. */
  readonly seed?: Uint8Array;
  /** Names of the classes. */
  readonly labels?: readonly string[];
  /** What was done to bytes before they became samples, for whoever gives the model an input. */
  readonly preprocessing?: Preprocessing;
  readonly onProgress?: (progress: BuildProgress) => void;
  /** Called once with what the model was planned as. */
  readonly onPlanned?: (planned: PlannedModel) => Promise<void>;
  /** Called once with what other bits would have given, where bits were searched for. */
  readonly onTradeoff?: (tradeoff: MeasuredTradeoff) => void;
}

/** What a build is doing. */
export type BuildProgress =
  | { readonly step: 'quantise'; readonly constraints: number; readonly loss: number }
  | { readonly step: 'plan'; readonly slices: number; readonly constraints: number }
  | { readonly step: 'measure'; readonly share: number }
  | { readonly step: 'slice'; readonly slice: PlanSlice; readonly of: number; readonly share: number }
  | { readonly step: 'prove'; readonly slice: PlanSlice };

/**
 * Builds a sliced model from a float ONNX model: quantises, cuts, measures, compiles, makes keys, proves once,
 * and writes it all to a folder. The same inputs give the same files but for the keys, which are random unless
 * a seed is given. Nothing of an earlier build is used.
 * @throws SlicerError ONNX_*, QUANTISE_*, PLAN_*, BUILD_*, SETUP_*; BUILD_ACCURACY: the bits that calibration suggests lose more
 * on held-out samples than may be lost
 */
export async function buildModel(options: BuildOptions): Promise<Manifest> {
  const { onnx, onProgress = () => undefined } = options;
  for (const shown of [options.name, ...(options.labels ?? [])]) expectPlain(shown);
  await expectPlace(options.outDir);
  const planned = await planModel(onnx, {
    ...options,
    onStep: (step) => onProgress({ step: 'quantise', ...step }),
  });
  const { plan } = planned;
  const constraints = plan.slices.reduce((sum, slice) => sum + slice.constraints, 0);
  await options.onPlanned?.(planned);
  onProgress({ step: 'plan', slices: plan.slices.length, constraints });
  const { folder: staging, remove } = await stagingFolder(options.outDir);
  try {
    const accuracy = await accuracyOf(options, planned, staging);
    const slices = await buildSlices(options, planned, staging);
    const manifest = manifestOf(options, planned, slices, accuracy);
    await writeFile(path.join(staging, SOURCE_FILE), onnx);
    await writeFile(path.join(staging, MANIFEST_FILE), encodeManifest(manifest));
    await replaceFolder(staging, options.outDir);
    return manifest;
  } finally {
    await remove();
  }
}

/** A name or label that a manifest can hold. @throws BuildError BUILD_NAME */
function expectPlain(shown: string): void {
  if (plainText.safeParse(shown).success) return;
  const said = JSON.stringify(shown.slice(0, 80));
  throw new BuildError('BUILD_NAME', `expected up to 1,000 characters and no control among them, got ${said}`);
}

/** Measures the program, and where bits were searched for also what other bits would give: as files of the build. */
async function accuracyOf(
  { onnx, name, heldOut, bits, accuracyBudget = DEFAULT_ACCURACY_BUDGET, onProgress, onTradeoff }: BuildOptions,
  { graph, program, task, tradeoff, withBits }: PlannedModel,
  folder: string,
): Promise<AccuracyReport> {
  const opened = await openFloatRuntime(onnx, graph);
  const float = tradeoff ? remembering(opened) : opened;
  try {
    const accuracy = await measureAccuracy(float, program, heldOut, (share) =>
      onProgress?.({ step: 'measure', share }),
    );
    if (bits === undefined) expectWithinBudget(accuracy, task, accuracyBudget);
    if (tradeoff) {
      const measured = await measureTradeoff(tradeoff, accuracy, withBits, float, heldOut);
      await writeTradeoff(folder, name, measured);
      onTradeoff?.(measured);
    }
    return reportOf(accuracy);
  } finally {
    await float.close();
  }
}

/** What the manifest says of it. */
function reportOf(accuracy: Accuracy): AccuracyReport {
  const { samples, top1Float, top1Quantised, top1Agreement, meanError, maxError } = accuracy;
  return { samples, top1Float, top1Quantised, top1Agreement, meanError, maxError };
}

async function buildSlices(
  options: BuildOptions,
  { plan, models, trace }: PlannedModel,
  folder: string,
): Promise<readonly ManifestSlice[]> {
  const { seed, onProgress = () => undefined } = options;
  const trialOf = ({ inputs }: PlanSlice): readonly TensorValues[] => inputs.map((id) => trace[id]);
  const phase1 = seed ? deriveDevelopmentPhase1(seed) : sampleDevelopmentPhase1(randomBytes);
  const built: ManifestSlice[] = [];
  const threads = new SetupThreads(options.workers);
  try {
    // One after the other: a setup uses all threads by itself, and only one key is in memory at a time.
    for (const slice of plan.slices) {
      const report = (share: number): void =>
        onProgress({ step: 'slice', slice, of: plan.slices.length, share });
      report(0);
      built.push(
        await buildSlice(slice, {
          folder,
          onnx: models[slice.id],
          trial: trialOf(slice),
          setup: { phase1, seed, threads, onProgress: ({ done, total }) => report(done / total) },
        }),
      );
    }
  } finally {
    await threads.close();
  }
  const [smallest] = plan.slices
    .filter(({ program: part }) => isProvable(part))
    .toSorted((a, b) => a.constraints - b.constraints);
  if (smallest !== undefined) {
    onProgress({ step: 'prove', slice: smallest });
    await proveOnce(folder, smallest, trialOf(smallest));
  }
  return built;
}

function manifestOf(
  options: BuildOptions,
  { graph, plan, budget }: PlannedModel,
  slices: readonly ManifestSlice[],
  accuracy: AccuracyReport,
): Manifest {
  const { onnx, name, setup, labels, preprocessing } = options;
  const { tensors, inputCount, outputs, wholes } = plan;
  const integers = new Set(
    wholes.inputs.flatMap(({ pieces }, i) =>
      isFloat(graph.inputs[i].type) ? [] : pieces.map(({ tensor }) => tensor),
    ),
  );
  return {
    format: 'sliceproof-manifest/1',
    name,
    setup,
    source: artifactOf(onnx),
    recipe: recipeOf({ ...options, budget }),
    tensors: tensors.map(({ id, name, shape, range, scale }) => ({
      id,
      name,
      shape: [...shape],
      signed: range.signed,
      bits: range.bits,
      scale,
      ...(integers.has(id) ? { whole: true as const } : {}),
    })),
    inputCount,
    ...(preprocessing ? { preprocessing: copyOf(preprocessing) } : {}),
    outputs: [...outputs],
    ...(inPieces(wholes) ? { wholes: copied(wholes) } : {}),
    slices: [...slices],
    accuracy,
    ...(labels ? { labels: [...labels] } : {}),
  };
}

function copyOf({ mean, std, ...rest }: Preprocessing): NonNullable<Manifest['preprocessing']> {
  return { ...rest, ...(mean ? { mean: [...mean] } : {}), ...(std ? { std: [...std] } : {}) };
}

/** Most models have whole inputs and outputs, and a manifest that says nothing of pieces. */
function inPieces({ inputs, outputs }: SlicePlan['wholes']): boolean {
  return [...inputs, ...outputs].some(({ pieces }) => pieces.length > 1);
}

function copied({ inputs, outputs }: SlicePlan['wholes']): Manifest['wholes'] {
  const copy = ({ name, shape, pieces }: Whole) => ({
    name,
    shape: [...shape],
    pieces: pieces.map(({ tensor, start, end }) => ({ tensor, start: [...start], end: [...end] })),
  });
  return { inputs: inputs.map(copy), outputs: outputs.map(copy) };
}
