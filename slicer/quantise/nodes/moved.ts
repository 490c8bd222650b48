import { maxPool as pool } from '../../integer/kernels/max-pool.ts';
import { sizeOf, type ConcatNode, type MaxPoolNode, type ReshapeNode } from '../../integer/program.ts';
import { join } from '../../integer/kernels/join.ts';
import type { FloatGather } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import type { FloatKind } from './kind.ts';
import { beside, constantsOf, finer, rescaled, reshaped, sum } from './steps.ts';

/** Nodes that give some of the values that they read: scale and range stay. */

export const maxPool: FloatKind<MaxPoolNode> = {
  evaluate: (node, tensors, values) =>
    pool(node, values[node.input], tensors[node.input].shape, tensors[node.output].shape),
  quantise: keepScale,
};

export const reshape: FloatKind<ReshapeNode> = {
  evaluate: ({ input }, _, values) => values[input],
  quantise(quantiser, node) {
    if (quantiser.isWhole(node.input) && !quantiser.isWhole(node.output)) becomeReal(quantiser, node);
    else keepScale(quantiser, node);
  },
};

/** Integers that are reals from here on may lose bits, as reals do. */
function becomeReal(quantiser: Quantiser, node: ReshapeNode): void {
  const range = quantiser.range(node.output);
  // Counts of a few, as comparisons and what is made of them, are as narrow as they are.
  if (quantiser.bitsAt(quantiser.place(node.input).id) <= range.bits) return keepScale(quantiser, node);
  const given = quantiser.ranged(node.input);
  if (quantiser.rangeAt(given.id).bits <= range.bits) return keepScale(quantiser, node);
  const scale = Math.min(quantiser.fit(node.output, range), given.scale);
  const narrow = rescaled(quantiser, `${node.name}/real`, given, { scale, range });
  quantiser.put(node.output, reshaped(quantiser, node.name, narrow, quantiser.floatShape(node.output)));
}

function keepScale(quantiser: Quantiser, node: MaxPoolNode | ReshapeNode): void {
  const { id, scale } = quantiser.place(node.input);
  quantiser.emit({ ...node, input: id, output: quantiser.tensor(node.output, scale) });
}

export const gather: FloatKind<FloatGather> = {
  evaluate: ({ input, indices, fill }, _, values) =>
    Float64Array.from(indices, (index) => (index < 0 ? fill : values[input][index])),
  quantise(quantiser, node) {
    const given = quantiser.place(node.input);
    const reals = node.indices.includes(-1) ? [node.fill] : [];
    const { id, scale } = beside(quantiser, node.name, given, node.output, reals);
    const fill = quantiser.integerAt(id, node.fill);
    const wanted = Math.round(node.fill * 2 ** scale) + 0;
    // Past all that any reader wants, as −∞ is for the largest: the end of the range does.
    if (fill === wanted || Math.abs(wanted) > MOST_FILL) {
      quantiser.emit({ ...node, fill, input: id, output: quantiser.tensor(node.output, scale) });
      return;
    }
    const { name, indices } = node;
    const shape = quantiser.floatShape(node.output);
    const moved = quantiser.derive(`${name}/moved`, shape, { scale }, (output) => ({
      ...node,
      name: `${name}/moved`,
      fill: 0,
      input: id,
      output,
    }));
    const fills = Float64Array.from(indices, (index) => (index < 0 ? wanted : 0));
    quantiser.put(
      node.output,
      sum(quantiser, name, moved, constantsOf(quantiser, `${name}/fill`, shape, scale, fills)),
    );
  },
};

/** Most of a fill beside the values that it stands among. */
const MOST_FILL = 2 ** 24;

/** Its inputs are brought to one scale, and to few bits where they are not yet: each would be, by its reader. */
export const concat: FloatKind<ConcatNode> = {
  evaluate: ({ inputs, axis, output }, tensors, values) =>
    join(
      inputs.map((id) => values[id]),
      inputs.map((id) => tensors[id].shape),
      axis,
      sizeOf(tensors[output].shape),
    ),
  quantise(quantiser, node) {
    const placed = refined(quantiser, node) ?? quantiser.aligned(node.inputs);
    const output = quantiser.tensor(node.output, placed[0].scale);
    quantiser.emit({ ...node, inputs: placed.map(({ id }) => id), output });
  },
};

/**
 * What came out coarser than the whole can be told (integers beside reals; twice an integer beside an integer) is brought to a
 * finer scale, as far as the whole's bits allow: the coarser one would round its neighbours.
 */
function refined(quantiser: Quantiser, { name, inputs, output }: ConcatNode): readonly Placed[] | undefined {
  const given = inputs.map((id) => quantiser.ranged(id));
  const scales = given.map((each) => each.scale);
  const finest = Math.max(...scales);
  const coarsest = Math.min(...scales);
  if (coarsest === finest) return undefined;
  const range = quantiser.range(output);
  const scale = Math.min(finest, quantiser.fit(output, range));
  if (scale <= coarsest) return undefined;
  return given.map((each, i) => {
    if (each.scale === scale) return each;
    const fine = finer(quantiser, `${name}/finer${i}`, each, Math.max(scale, each.scale));
    return rescaled(quantiser, `${name}/input${i}`, fine, { scale, range });
  });
}
