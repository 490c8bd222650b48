import { broadcastIndices, type OnnxNode } from '../../onnx/index.ts';
import { sizeOf } from '../../integer/program.ts';
import { affineOf } from './affine.ts';
import type { Relation } from '../float-model.ts';
import { broadcastTo } from './broadcast.ts';
import { unsupported, type Lower, type Lowering } from './lowering.ts';
import { constantOperand, operandOf, outputShape } from './operand.ts';
import { scoresOf } from './scores.ts';

/** Operators that compare, join what comparisons gave, and choose by it. */
export const conditionOperators: Readonly<Record<string, Lower>> = {
  And: (lowering, node) => both(lowering, node, operands(lowering, node)),
  Equal: comparison('='),
  Greater: comparison('>'),
  GreaterOrEqual: comparison('>='),
  Less: comparison('<'),
  LessOrEqual: comparison('<='),
  Not: (lowering, node) => negate(lowering, node, lowering.input(node)),
  Or: either,
  Sign: sign,
  Where: where,
  Xor: differ,
};

/** The same between right and left. */
const TURNED: Readonly<Record<Relation, Relation>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

function comparison(relation: Relation): Lower {
  return (lowering, node) => {
    const [left, right] = [0, 1].map((index) => constantOperand(lowering, node, index));
    const write = (input: number, between: Relation, thresholds: Float64Array): void => {
      const output = lowering.output(node);
      lowering.emit({ kind: 'compare', name: node.name, input, output, relation: between, thresholds });
    };
    if (right) return write(broadcastTo(lowering, node, 0), relation, right);
    if (left) return write(broadcastTo(lowering, node, 1), TURNED[relation], left);
    // Of integers too the difference is a real: it must not wrap.
    const inputs = [broadcastTo(lowering, node, 0), broadcastTo(lowering, node, 1)] as const;
    const shape = outputShape(lowering, node);
    const apart = lowering.tensor(`${node.name}/apart`, shape);
    lowering.emit({ kind: 'add', name: `${node.name}/apart`, inputs, subtract: true, output: apart });
    write(apart, relation, new Float64Array(sizeOf(shape)));
  };
}

function operands(lowering: Lowering, node: OnnxNode): readonly [number, number] {
  return [operandOf(lowering, node, 0), operandOf(lowering, node, 1)];
}

function both(lowering: Lowering, node: OnnxNode, inputs: readonly [number, number]): void {
  lowering.emit({ kind: 'mul', name: node.name, inputs, output: lowering.output(node) });
}

/** Writes 1 − x for an x of 0 or 1. */
export function negate(
  lowering: Lowering,
  node: OnnxNode,
  input: number,
  output = lowering.output(node),
): void {
  const shape = lowering.shapeOf(input);
  const name = `${node.name}/not${input}`;
  const one = lowering.tensor(`${name}/one`, shape, 'bool');
  const values = new Float64Array(sizeOf(shape)).fill(1);
  lowering.emit({ kind: 'constant', name: `${name}/one`, inputs: [], output: one, values });
  lowering.emit({ kind: 'add', name, inputs: [one, input], subtract: true, output });
}

/** Not (not a and not b): one product. */
function either(lowering: Lowering, node: OnnxNode): void {
  const shape = outputShape(lowering, node);
  const turned = operands(lowering, node).map((input, i) => {
    const output = lowering.tensor(`${node.name}/without${i}`, shape, 'bool');
    negate(lowering, node, input, output);
    return output;
  });
  const neither = lowering.tensor(`${node.name}/neither`, shape, 'bool');
  const inputs = [turned[0], turned[1]] as const;
  lowering.emit({ kind: 'mul', name: `${node.name}/neither`, inputs, output: neither });
  negate(lowering, node, neither);
}

/** (a − b)²: one product. */
function differ(lowering: Lowering, node: OnnxNode): void {
  const inputs = operands(lowering, node);
  const apart = lowering.tensor(`${node.name}/apart`, outputShape(lowering, node));
  lowering.emit({ kind: 'add', name: `${node.name}/apart`, inputs, subtract: true, output: apart });
  both(lowering, node, [apart, apart]);
}

/** [x > 0] − [x < 0]. */
function sign(lowering: Lowering, node: OnnxNode): void {
  const input = lowering.input(node);
  const shape = lowering.shapeOf(input);
  const thresholds = new Float64Array(sizeOf(shape));
  const [above, below] = (['>', '<'] as const).map((relation, i) => {
    const name = `${node.name}/side${i}`;
    const output = lowering.tensor(name, shape, 'bool');
    lowering.emit({ kind: 'compare', name, input, output, relation, thresholds });
    return output;
  });
  const output = lowering.output(node);
  lowering.emit({ kind: 'add', name: node.name, inputs: [above, below], subtract: true, output });
}

/** By a condition that the model knows values are only moved. */
function where(lowering: Lowering, node: OnnxNode): void {
  const known = constantOperand(lowering, node, 0);
  if (known) return chosen(lowering, node, known);
  const sides = [1, 2].map((index) => constantOperand(lowering, node, index));
  if (sides.some(isHuge)) return maskedBy(lowering, node, sides);
  const inputs = [0, 1, 2].map((index) => operandOf(lowering, node, index));
  const [condition, whenSet, otherwise] = inputs;
  lowering.emit({
    kind: 'select',
    name: node.name,
    inputs: [condition, whenSet, otherwise],
    output: lowering.output(node),
  });
}

/** Past this a constant is a mask, which would set the scale of what it stands beside. */
const HUGE = 1e4;

function isHuge(values: Float64Array | undefined): boolean {
  return values?.some((value) => !(Math.abs(value) < HUGE)) ?? false;
}

/** What is to be far below all else may as well have that added to it: see boundMasks. */
function masked(lowering: Lowering, node: OnnxNode, input: number, values: Float64Array): void {
  const output = lowering.tensor(`${node.name}/masked`, lowering.shapeOf(input));
  lowering.emit({ kind: 'offset', name: node.name, input, output, values });
  lowering.finishAs(node, output);
}

/** Stands for −∞ where it is multiplied by nothing. */
const LEAST = -3.4028234663852886e38;

/** What scores are not to count for is put far below them, by a condition that the model computes: see boundComputedMasks. */
function maskedBy(lowering: Lowering, node: OnnxNode, sides: readonly (Float64Array | undefined)[]): void {
  const which = sides.findIndex(isHuge);
  const [mask, other] = [sides[which], sides[1 - which]];
  const isMask = mask?.every((value) => value <= -HUGE) && !isHuge(other);
  if (!mask || !isMask || !scoresOf(lowering.graph).has(node.outputs[0])) {
    throw unsupported(node, 'a choice of values that no integer of few bits stands for');
  }
  const condition = broadcastTo(lowering, node, 0);
  const shape = outputShape(lowering, node);
  const below = mask.map((value) => Math.max(value, LEAST));
  // Nothing where the other side counts.
  const line =
    which === 0
      ? { factor: { shape, data: below } }
      : { factor: { shape, data: below.map((value) => -value) }, offset: { shape, data: below } };
  const added = affineOf(lowering, `${node.name}/mask`, condition, line);
  if (other?.every((value) => value === 0)) return lowering.finishAs(node, added);
  const inputs = [operandOf(lowering, node, 2 - which), added] as const;
  lowering.emit({ kind: 'add', name: node.name, inputs, output: lowering.output(node) });
}

function chosen(lowering: Lowering, node: OnnxNode, condition: Float64Array): void {
  const shape = outputShape(lowering, node);
  const [whenSet, otherwise] = [1, 2].map((index) => constantOperand(lowering, node, index));
  const size = sizeOf(shape);
  const only = whenSet ? 2 : 1;
  const other = whenSet ?? otherwise;
  const taken = (i: number): boolean => (condition[i] !== 0) === (only === 1);
  const outside = other?.filter((_, i) => !taken(i));
  if (other && outside && new Set(outside).size <= 1) {
    const [fill = 0] = outside;
    if (fill !== 0 && lowering.wholeOf(lowering.input(node, only)))
      throw unsupported(node, 'a fill of integers');
    const given = lowering.input(node, only);
    const places = broadcastIndices(lowering.shapeOf(given), shape);
    if (fill <= -HUGE) {
      const values = Float64Array.from({ length: size }, (_, i) => (taken(i) ? 0 : fill));
      return masked(lowering, node, lowering.gathered(`${node.name}/repeated`, given, shape, places), values);
    }
    if (isHuge(Float64Array.of(fill))) throw unsupported(node, 'a choice of values of that size');
    const indices = Int32Array.from({ length: size }, (_, i) => (taken(i) ? places[i] : -1));
    return lowering.finishAs(node, lowering.gathered(node.name, given, shape, indices, fill));
  }
  if (isHuge(outside)) throw unsupported(node, 'a choice of values of that size');
  const flat = [1, 2].map((index) =>
    lowering.reshaped(`${node.name}/flat${index}`, operandOf(lowering, node, index), [size]),
  );
  const joined = lowering.tensor(`${node.name}/joined`, [2 * size], lowering.wholeOf(flat[0]));
  lowering.emit({ kind: 'concat', name: `${node.name}/joined`, inputs: flat, axis: 0, output: joined });
  const indices = Int32Array.from({ length: size }, (_, i) => (condition[i] === 0 ? size + i : i));
  lowering.finishAs(node, lowering.gathered(`${node.name}/chosen`, joined, shape, indices));
}
