import type { FloatMaximum } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { constantOf, difference, finer } from './steps.ts';

/** The larger of two tensors, or the smaller: −max(−a, −b), which costs as much. */
export const maximum: FloatKind<FloatMaximum> = {
  evaluate: ({ inputs: [left, right], least }, _, values) =>
    values[left].map((value, i) => (least ? Math.min : Math.max)(value, values[right][i])),
  quantise(quantiser, { name, inputs, output, least }) {
    const placed = inputs.map((id) => quantiser.place(id));
    const scale = Math.max(...placed.map((each) => each.scale));
    const sides = placed.map((each, i) => finer(quantiser, `${name}/scale${i}`, each, scale));
    const [left, right] = least
      ? sides.map((side, i) => negated(quantiser, `${name}/minus${i}`, side))
      : sides;
    const shape = quantiser.shapeOf(left.id);
    const larger = quantiser.derive(name, shape, { scale }, (id) => ({
      kind: 'maximum',
      name,
      inputs: [left.id, right.id],
      output: id,
    }));
    quantiser.put(output, least ? negated(quantiser, `${name}/minus`, larger) : larger);
  },
};

function negated(quantiser: Quantiser, name: string, placed: Placed): Placed {
  const zero = constantOf(quantiser, `${name}/zero`, quantiser.shapeOf(placed.id), placed.scale, 0);
  return difference(quantiser, name, zero, placed);
}
