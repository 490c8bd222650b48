import type { Sample } from '../../protocol/samples.ts';
import { joinWhole, splitWhole } from '../../protocol/wholes.ts';
import { openEvaluator } from '../execute/evaluator.ts';
import { executeModel } from '../execute/execute-model.ts';
import { openSlice } from '../execute/session.ts';
import { isProvable, type IntegerProgram, type TensorValues } from '../integer/program.ts';
import type { SlicePlan } from '../plan/plan.ts';
import { BuildError } from './errors.ts';
import { quantiseSample } from './quantise-sample.ts';

/**
 * Every tensor of the model for one sample, from ONNX Runtime slice by slice.
 * @throws BuildError BUILD_RUNTIME: its outputs are not those of the whole program
 */
export async function tracedSample(
  sample: Sample,
  plan: SlicePlan,
  program: IntegerProgram,
  models: readonly Uint8Array[],
): Promise<readonly TensorValues[]> {
  const inputs = quantiseSample(program, sample);
  const pieces = plan.wholes.inputs.flatMap((part, i) => splitWhole(part, inputs[i]));
  const trace = await executeModel(plan.slices, pieces, (id) =>
    openSlice(models[id], { foreign: !isProvable(plan.slices[id].program) }),
  );
  const evaluator = openEvaluator();
  const whole = await evaluator.evaluate(program, inputs).finally(() => evaluator.close());
  const expected = program.outputs.flatMap((id) => Array.from(whole[id]));
  const got = plan.wholes.outputs.flatMap((part) =>
    Array.from(
      joinWhole(
        part,
        part.pieces.map((piece) => trace[piece.tensor]),
      ),
    ),
  );
  if (got.length !== expected.length || got.some((value, i) => value !== expected[i])) {
    throw new BuildError(
      'BUILD_RUNTIME',
      'the slices in ONNX Runtime give other integers than the whole program',
      {
        hint: 'This is a fault of sliceproof; please report it with the model.',
      },
    );
  }
  return trace;
}
