import type { FloatCompare, Relation } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { above, constantsOf, multiplied } from './steps.ts';

const holds: Readonly<Record<Relation, (value: number, threshold: number) => boolean>> = {
  '<': (value, threshold) => value < threshold,
  '<=': (value, threshold) => value <= threshold,
  '>': (value, threshold) => value > threshold,
  '>=': (value, threshold) => value >= threshold,
  '=': (value, threshold) => value === threshold,
};

/**
 * 1 where a relation holds between x and its threshold, else 0: with integers q and T, q > T is clamp(q − T, 0, 1), a
 * rescale that saturates. Equal is not below and not above: their product.
 */
export const compare: FloatKind<FloatCompare> = {
  evaluate: ({ input, thresholds, relation }, _, values) =>
    values[input].map((value, i) => (holds[relation](value, thresholds[i]) ? 1 : 0)),
  quantise(quantiser, { name, input, output, thresholds, relation }) {
    const x = quantiser.shared(input);
    const hull = quantiser.hull(x.id);
    const bounded = (value: number): number => Math.min(hull.high + 1, Math.max(hull.low - 1, value));
    // The largest q that counts as not above its threshold, and the largest that counts as below it.
    const [most, mostBelow] = [false, true].map((strict) =>
      Float64Array.from(thresholds, (value) => bounded(cutOf(value * 2 ** x.scale, strict))),
    );
    const over = (cuts: Float64Array): Placed => positive(quantiser, `${name}/above`, x, cuts, false);
    const notAbove = (cuts: Float64Array): Placed =>
      positive(
        quantiser,
        `${name}/notAbove`,
        x,
        cuts.map((cut) => cut + 1),
        true,
      );
    const placed: Readonly<Record<Relation, () => Placed>> = {
      '<': () => notAbove(mostBelow),
      '<=': () => notAbove(most),
      '>': () => over(most),
      '>=': () => over(mostBelow),
      '=': () => multiplied(quantiser, name, notAbove(most), over(mostBelow)),
    };
    quantiser.put(output, placed[relation]());
  },
};

/**
 * The largest integer that is not above (strictly: below) a threshold u. Where u is an integer that is what it says; else
 * what the integers stand for was rounded, and the border between q and q + 1 that is nearest to u is taken.
 */
function cutOf(u: number, strict: boolean): number {
  if (Number.isInteger(u)) return strict ? u - 1 : u;
  return Math.round(u - 0.5);
}

/** [x − cut ≥ 1], or with `turned` [cut − x ≥ 1]. */
function positive(
  quantiser: Quantiser,
  name: string,
  x: Placed,
  cuts: Float64Array,
  turned: boolean,
): Placed {
  const shape = quantiser.shapeOf(x.id);
  const cut = constantsOf(quantiser, `${name}/cuts`, shape, x.scale, cuts);
  return turned ? above(quantiser, name, cut, x) : above(quantiser, name, x, cut);
}
