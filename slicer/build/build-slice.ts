import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ManifestSlice } from '../../protocol/manifest.ts';
import { artifactOf, type Artifact } from '../../protocol/store/digest.ts';
import { differenceAt, rehearse } from '../audit/rehearse.ts';
import { compileSlice, type CompiledSlice } from '../circuit/compile.ts';
import { openSlice } from '../execute/session.ts';
import { provedRows } from '../../groth16/formats/r1cs.ts';
import { writeR1cs } from '../../groth16/formats/r1cs-file.ts';
import { encodeProgram } from '../integer/serialise.ts';
import { isProvable, type TensorValues } from '../integer/program.ts';
import { multiplyAddsOf } from '../plan/cost/multiply-adds.ts';
import type { PlanSlice } from '../plan/plan.ts';
import { developmentSetup, type DevelopmentSetupOptions } from '../../groth16/setup/development-setup.ts';
import { BuildError } from './errors.ts';
import { sliceFile } from './folder.ts';

export interface BuildSliceOptions {
  /** The model's folder. */
  readonly folder: string;
  /** The slice as ONNX. */
  readonly onnx: Uint8Array;
  /** Inputs of a sample, with which the circuit is tried besides before its keys are made. */
  readonly trial: readonly TensorValues[];
  readonly setup: DevelopmentSetupOptions;
}

/**
 * Compiles a slice, tries its circuit, makes its keys and writes all its files.
 * @returns its entry in the manifest
 * @throws BuildError BUILD_CIRCUIT: program, ONNX Runtime and circuit contradict each other; SetupError; CircuitError
 */
export async function buildSlice(slice: PlanSlice, options: BuildSliceOptions): Promise<ManifestSlice> {
  const { folder, onnx } = options;
  const write = async (kind: keyof ManifestSlice['artifacts'], bytes: Uint8Array): Promise<Artifact> => {
    await writeFile(sliceFile(folder, slice.id, kind), bytes);
    return artifactOf(bytes);
  };
  const described = {
    id: slice.id,
    name: slice.name,
    operators: [...slice.operators],
    inputs: [...slice.inputs],
    outputs: [...slice.outputs],
    multiplyAdds: multiplyAddsOf(slice.program),
  };
  const provable = isProvable(slice.program);
  const { mode } = slice.figures;
  const compiled = provable ? compileSlice(slice.program, { mode }) : undefined;
  if (compiled) await tryCircuit(slice, compiled, options);
  await mkdir(path.dirname(sliceFile(folder, slice.id, 'onnx')), { recursive: true });
  const executed = {
    onnx: await write('onnx', onnx),
    program: await write('program', encodeProgram(slice.program)),
  };
  if (!compiled) {
    return { ...described, mode, constraints: 0, provable, weight: 0, setupSeconds: 0, artifacts: executed };
  }
  const written = { ...executed, r1cs: await write('r1cs', writeR1cs(compiled.r1cs)) };
  const keys = await developmentSetup(compiled.r1cs, options.setup);
  return {
    ...described,
    mode,
    constraints: provedRows(compiled.r1cs),
    provable,
    weight: provedRows(compiled.r1cs),
    setupSeconds: Math.round(keys.seconds * 100) / 100,
    artifacts: {
      ...written,
      provingKey: await write('provingKey', keys.provingKey),
      verifyingKey: await write('verifyingKey', Buffer.from(JSON.stringify(keys.verifyingKey))),
    },
  };
}

/** Evaluator, ONNX Runtime and circuit must say the same, for the sample and for inputs that nobody chose. */
async function tryCircuit(
  { name, program }: PlanSlice,
  circuit: CompiledSlice,
  { onnx, trial }: BuildSliceOptions,
): Promise<void> {
  const session = await openSlice(onnx);
  try {
    const slice = { program, session, circuit };
    const problem = (await differenceAt(slice, trial)) ?? (await rehearse(slice, randomBytes));
    if (problem === undefined) return;
    throw new BuildError('BUILD_CIRCUIT', `the circuit of ${name} is wrong: ${problem}`, {
      hint: 'This is a fault of sliceproof; please report it with the model.',
    });
  } finally {
    await session.close();
  }
}
