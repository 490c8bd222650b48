import { quantiseTensor } from '../../protocol/manifest.ts';
import type { Sample } from '../../protocol/samples.ts';
import { rangeOf } from '../integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../integer/program.ts';

/** A sample as the integers that a program reads. */
export function quantiseSample(program: IntegerProgram, sample: Sample): readonly TensorValues[] {
  return program.inputs.map((id, i) => {
    const tensor = program.tensors[id];
    return quantiseTensor({ scale: tensor.scale, ...rangeOf(tensor) }, sample[i]);
  });
}
