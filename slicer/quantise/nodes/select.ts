import type { FloatSelect } from '../float-model.ts';
import type { FloatKind } from './kind.ts';
import { difference, finer, multiplied, sum } from './steps.ts';

/** One of two values, by a condition c of 0 or 1: c · (a − b) + b. A product a value. */
export const select: FloatKind<FloatSelect> = {
  evaluate: ({ inputs: [condition, whenSet, otherwise] }, _, values) =>
    values[condition].map((set, i) => values[set === 0 ? otherwise : whenSet][i]),
  quantise(quantiser, { name, inputs: [condition, ...sides], output }) {
    const placed = sides.map((id) => quantiser.shared(id));
    const scale = Math.max(...placed.map((side) => side.scale));
    const [set, otherwise] = placed.map((side, i) => finer(quantiser, `${name}/scale${i}`, side, scale));
    const apart = difference(quantiser, `${name}/apart`, set, otherwise);
    const chosen = multiplied(quantiser, `${name}/chosen`, quantiser.place(condition), apart);
    quantiser.put(output, sum(quantiser, name, chosen, otherwise));
  },
};
