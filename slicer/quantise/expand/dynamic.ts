import type { Expand, Parts } from './parts.ts';

/** The number of float32 among types of ONNX. */
const FLOAT = 1;

/** Levels of uint8. */
const LEVELS = 255;

interface Levels {
  readonly values: string;
  readonly scale: string;
  readonly zero: string;
}

/**
 * What DynamicQuantizeLinear gives: levels of a tensor by its own least and largest, nothing among them. The level that stands for
 * nothing is added before values are rounded, so that two of them at most round to another of two neighbours.
 */
function levelsOf(parts: Parts, input: string, names: Partial<Levels> = {}): Levels {
  const zero = parts.number(0);
  const high = parts.add('Max', [parts.add('ReduceMax', [input], { keepdims: 0 }), zero]);
  const low = parts.add('Min', [parts.add('ReduceMin', [input], { keepdims: 0 }), zero]);
  const span = parts.add('Sub', [high, low]);
  const scale = parts.add('Mul', [span, parts.number(1 / LEVELS)], {}, names.scale);
  const [unit, start] = [parts.number(1), parts.constant([], [0], 'uint8')];
  const share = (name: string): string => parts.add('Div', [name, scale]);
  const level = parts.add('QuantizeLinear', [share(parts.add('Neg', [low])), unit, start], {}, names.zero);
  const moved = parts.add('Add', [share(input), parts.add('Cast', [level], { to: FLOAT })]);
  const values = parts.add('QuantizeLinear', [moved, unit, start], {}, names.values);
  return { values, scale, zero: level };
}

const dynamic: Expand = (parts) => {
  const [values, scale, zero] = parts.outputs;
  levelsOf(parts, parts.inputs[0], {
    ...(parts.has(values) ? { values } : {}),
    ...(parts.has(scale) ? { scale } : {}),
    ...(parts.has(zero) ? { zero } : {}),
  });
  return true;
};

/** A product of integers whose level for nothing the model computes: less a product with that level everywhere. */
function centred(operator: string): Expand {
  return (parts) => {
    const [input, weights, zero, weightZero] = parts.inputs;
    const isOne = parts.shapeOf(zero ?? '').every((size) => size === 1);
    if (!parts.has(zero) || parts.known(2) || !parts.known(1) || !isOne) return false;
    const wide = parts.add('Expand', [zero, parts.integers(parts.shapeOf(input))]);
    const settings = parts.attributes as Parameters<Parts['add']>[2];
    const [left, right] = [input, wide].map((name) => {
      const inputs = parts.has(weightZero) ? [name, weights, '', weightZero] : [name, weights];
      return parts.add(operator, inputs, settings);
    });
    parts.add('Sub', [left, right], {}, parts.outputs[0]);
    return true;
  };
}

interface Product {
  readonly levels: Levels;
  readonly weights: string;
  readonly weightScale: string;
  readonly weightZero?: string;
  readonly bias?: string;
}

/** A product of integers in reals again. */
function toReals(parts: Parts, { levels, weights, weightScale, weightZero, bias }: Product): boolean {
  const inputs = [levels.values, weights, levels.zero, ...(parts.has(weightZero) ? [weightZero] : [])];
  const sums = parts.add('Cast', [parts.add('MatMulInteger', inputs)], { to: FLOAT });
  const result = parts.add('Mul', [sums, parts.add('Mul', [levels.scale, weightScale])]);
  parts.add(
    parts.has(bias) ? 'Add' : 'Identity',
    parts.has(bias) ? [result, bias] : [result],
    {},
    parts.outputs[0],
  );
  return true;
}

const product: Expand = (parts) => {
  const [input, weights, weightScale, weightZero, bias] = parts.inputs;
  return toReals(parts, { levels: levelsOf(parts, input), weights, weightScale, weightZero, bias });
};

const realProduct: Expand = (parts) => {
  const [values, weights, scale, weightScale, zero, weightZero, bias] = parts.inputs;
  if (!parts.has(zero)) return false;
  return toReals(parts, { levels: { values, scale, zero }, weights, weightScale, weightZero, bias });
};

/** Models that are quantised as they run. */
export const dynamics: Readonly<Record<string, Expand>> = {
  ConvInteger: centred('ConvInteger'),
  DynamicQuantizeLinear: dynamic,
  MatMulInteger: centred('MatMulInteger'),
  'com.microsoft:DynamicQuantizeMatMul': product,
  'com.microsoft:MatMulIntegerToFloat': realProduct,
};
