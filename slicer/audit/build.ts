import type { Manifest } from '../../protocol/manifest.ts';
import type { Sample } from '../../protocol/samples.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { planModel } from '../build/plan-model.ts';
import { optionsOfRecipe, samplesDigest } from '../build/recipe.ts';
import { encodeProgram } from '../integer/serialise.ts';
import type { SlicePlan } from '../plan/plan.ts';
import { differs, type Notes } from './finding.ts';

/** Quantises and cuts again, from the float model, the calibration samples and the options of the manifest. */
export async function auditBuild(
  manifest: Manifest,
  onnx: Uint8Array | undefined,
  calibration: readonly Sample[] | undefined,
  notes: Notes,
): Promise<void> {
  const { recipe, source } = manifest;
  const check = 'programs from float model';
  if (calibration === undefined) return notes.unchecked(check, 'give the samples with --calibrate');
  if (onnx === undefined) return notes.unchecked(check, 'give the file with --onnx');
  if (recipe === undefined) return notes.unchecked(check, 'the manifest does not say how it was built');
  const samples = differs(recipe.calibration.sha256, samplesDigest(calibration).sha256);
  notes.note('calibration samples', samples);
  // From another model or other samples nothing that follows could be the same.
  if (samples !== undefined || artifactOf(onnx).sha256 !== source.sha256) {
    return notes.unchecked(check, 'the build started from something else');
  }
  try {
    const { plan } = await planModel(onnx, { calibration, ...optionsOfRecipe(recipe) });
    comparePlan(manifest, plan, notes);
  } catch (error) {
    if (!(error instanceof SliceproofError)) throw error;
    notes.note(check, `${error.code}: ${error.message}`);
  }
}

function comparePlan(manifest: Manifest, plan: SlicePlan, notes: Notes): void {
  const graph = {
    tensors: plan.tensors.map(({ id, name, shape, range: { signed, bits }, scale }) => [
      ...[id, name, shape.join('×'), signed, bits, scale],
    ]),
    inputCount: plan.inputCount,
    outputs: plan.outputs,
    slices: plan.slices.map(({ name, inputs, outputs }) => [name, inputs, outputs]),
  };
  const written = {
    tensors: manifest.tensors.map(({ id, name, shape, signed, bits, scale }) => [
      ...[id, name, shape.join('×'), signed, bits, scale],
    ]),
    inputCount: manifest.inputCount,
    outputs: manifest.outputs,
    slices: manifest.slices.map(({ name, inputs, outputs }) => [name, inputs, outputs]),
  };
  for (const part of ['tensors', 'inputCount', 'outputs', 'slices'] as const) {
    const [came, expected] = [JSON.stringify(written[part]), JSON.stringify(graph[part])];
    notes.note(`${part} from float model`, came === expected ? undefined : `the manifest has other ${part}`);
  }
  for (const { id, program } of plan.slices) {
    const came = manifest.slices[id]?.artifacts.program.sha256 ?? 'nothing';
    notes.note('program from float model', differs(artifactOf(encodeProgram(program)).sha256, came), id);
  }
}
