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
  quantise(quantiser, { name, inputs, output, operator, model }) {
    const read = inputs.map((id) => quantiser.ranged(id));
    const signed = quantiser.seen(output).low < 0;
    const result = !quantiser.isWhole(output) && quantiser.isResult(output);
    const range = result ? { signed, bits: OUTPUT_BITS } : quantiser.range(output);
    const scale = quantiser.fit(output, range);
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
