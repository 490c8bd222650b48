import { evaluateOutputs } from '../../slicer/integer/evaluate.ts';
import type { IntegerProgram, TensorValues } from '../../slicer/integer/program.ts';

/**
 * Two inputs between `from` and `to` that differ in one value by one, and have different outputs: just there something is
 * rounded the other way, reaches a bound or stops being clamped. Undefined where the outputs are equal.
 */
export function edgeBetween(
  program: IntegerProgram,
  from: readonly TensorValues[],
  to: readonly TensorValues[],
): readonly (readonly TensorValues[])[] | undefined {
  const outputs = (inputs: readonly TensorValues[]): string => String(evaluateOutputs(program, inputs));
  const first = outputs(from);
  const inputs = from.map((values) => Float64Array.from(values));
  for (const [i, values] of inputs.entries()) {
    for (let at = 0; at < values.length; at++) {
      const withValue = (value: number): Float64Array[] =>
        inputs.map((one, j) => (j === i ? one.with(at, value) : one));
      let [same, other] = [values[at], to[i][at]];
      if (outputs(withValue(other)) === first) {
        values[at] = other;
        continue;
      }
      while (Math.abs(other - same) > 1) {
        const middle = Math.floor((same + other) / 2);
        if (outputs(withValue(middle)) === first) same = middle;
        else other = middle;
      }
      return [withValue(same), withValue(other)];
    }
  }
  return undefined;
}
