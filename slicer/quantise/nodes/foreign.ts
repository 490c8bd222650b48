import { isFloat } from '../../onnx/tensor-data.ts';
import { QuantiseError } from '../errors.ts';
import type { FloatForeign } from '../float-model.ts';
import type { FloatKind } from './kind.ts';

/** Bits of a result that nothing but the model's user reads. */
const OUTPUT_BITS = 16;

/** ONNX Runtime runs it. */
export const foreign: FloatKind<FloatForeign> = {
  evaluate({ name, operator }) {
    throw new QuantiseError(
      'QUANTISE_UNSUPPORTED_OPERATOR',
      `${operator} node "${name}" is run by ONNX Runtime alone`,
    );
  },
  quantise(quantiser, { name, inputs, output, operator, model, type }) {
    const read = inputs.map((id) => quantiser.ranged(id));
    const { low, high } = quantiser.seen(output);
    const signed = low < 0;
    const whole = { signed, bits: Math.ceil(Math.log2(Math.max(high, -low, 1) + 1)) + (signed ? 1 : 0) };
    const bits = quantiser.isResult(output) ? OUTPUT_BITS : quantiser.activationBits(output);
    const range = isFloat(type) ? { signed, bits } : whole;
    const scale = isFloat(type) ? quantiser.fit(output, range) : 0;
    quantiser.emitSeen(output, { scale, range }, (id) => ({
      kind: 'foreign',
      name,
      inputs: read.map((placed) => placed.id),
      output: id,
      operator,
      model,
    }));
  },
};
