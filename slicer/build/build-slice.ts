import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ManifestSlice } from '../../protocol/manifest.ts';
import { artifactOf, type Artifact } from '../../protocol/store/digest.ts';
import { checkWitness } from '../circuit/witness/check.ts';
import { compileSlice } from '../circuit/compile.ts';
import { provedRows } from '../../groth16/formats/r1cs.ts';
import { writeR1cs } from '../../groth16/formats/r1cs-file.ts';
import { encodeProgram } from '../integer/serialise.ts';
import { isProvable, type TensorValues } from '../integer/program.ts';
import { multiplyAddsOf } from '../plan/cost/multiply-adds.ts';
import type { PlanSlice } from '../plan/plan.ts';
import { developmentSetup, type DevelopmentSetupOptions } from '../../groth16/setup/development-setup.ts';
import { BuildError } from './errors.ts';
import { sliceFile } from './folder.ts';

/** What a slice's circuit is tried with before its keys are made. */
export interface SliceTrial {
  readonly inputs: readonly TensorValues[];
  readonly outputs: readonly TensorValues[];
}

export interface BuildSliceOptions {
  /** The model's folder. */
  readonly folder: string;
  /** The slice as ONNX. */
  readonly onnx: Uint8Array;
  readonly trial: SliceTrial;
  readonly setup: DevelopmentSetupOptions;
}

/** Price units: thousands of constraints, rounded up. */
export function weightOf(constraints: number): number {
  return Math.ceil(constraints / 1000);
}

/**
 * Compiles a slice, tries its circuit, makes its keys and writes all its files.
 * @returns its entry in the manifest
 * @throws BuildError BUILD_CIRCUIT: the circuit contradicts ONNX Runtime; SetupError; CircuitError
 */
export async function buildSlice(slice: PlanSlice, options: BuildSliceOptions): Promise<ManifestSlice> {
  const { folder, onnx, trial } = options;
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
  if (compiled) tryCircuit(slice, compiled, trial);
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
    weight: weightOf(provedRows(compiled.r1cs)),
    setupSeconds: Math.round(keys.seconds * 100) / 100,
    artifacts: {
      ...written,
      provingKey: await write('provingKey', keys.provingKey),
      verifyingKey: await write('verifyingKey', Buffer.from(JSON.stringify(keys.verifyingKey))),
    },
  };
}

/** The rows hold for any challenge; a real one needs the keys. */
const TRIAL_CHALLENGE = 2n ** 128n + 1n;

/** The witness for the trial must satisfy every row and end in the integers that ONNX Runtime gave. */
function tryCircuit(
  { name }: PlanSlice,
  { r1cs, inputs, outputs, computeWitness }: ReturnType<typeof compileSlice>,
  trial: SliceTrial,
): void {
  const witness = computeWitness({
    inputs: trial.inputs,
    inputSalts: inputs.map(() => 1n),
    outputSalts: outputs.map(() => 2n),
    tag: 3n,
    challenge: { challenge: () => TRIAL_CHALLENGE, blinding: 0n },
  });
  const broken = checkWitness(r1cs, witness.values);
  const same = witness.outputs.every((values, i) =>
    values.every((value, at) => value === trial.outputs[i][at]),
  );
  if (broken !== undefined || !same) {
    const what = same ? `its witness breaks row ${broken}` : "its outputs are not ONNX Runtime's";
    throw new BuildError('BUILD_CIRCUIT', `the circuit of ${name} is wrong: ${what}`, {
      hint: 'This is a fault of sliceproof; please report it with the model.',
    });
  }
}
