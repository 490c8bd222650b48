import { exact, exacts } from '../../../slicer/integer/exact.ts';
import type { TensorInterval } from '../../../slicer/integer/intervals.ts';
import type { IntegerRange } from '../../../slicer/integer/program.ts';
import { sizeOf } from '../../../slicer/integer/program.ts';

type Draw = (min: number, max: number) => number;
type Bounds = readonly [low: number, high: number];
type Shape = readonly number[];

/** What each value of a tensor may be. */
type Spans = readonly Bounds[];

export interface Given {
  readonly shape: Shape;
  readonly interval: TensorInterval;
}

/** A node, and what each of its results may be by the operator's own words. */
interface Case {
  readonly inputs: readonly Given[];
  readonly output: Shape;
  readonly node: Readonly<Record<string, unknown>>;
  readonly expected: (...inputs: readonly Spans[]) => Spans;
  readonly range?: IntegerRange;
}

/** Channels, and the values in each: the first two dimensions, and the others. */
export const layout = (shape: Shape) => ({ entries: sizeOf(shape.slice(0, 2)), run: sizeOf(shape.slice(2)) });

function given(draw: Draw, shape: Shape, least = -20, most = 20): Given {
  const { entries, run } = layout(shape);
  const low = exacts(entries).map(() => exact(draw(least, most)));
  return { shape, interval: { low, high: low.map((from) => exact(draw(from, most))), run } };
}

export const spansOf = ({ shape, interval: { low, high, run } }: Given): Spans =>
  Array.from({ length: sizeOf(shape) }, (_, i) => [low[Math.floor(i / run)], high[Math.floor(i / run)]]);

/** + 0: a zero has no sign. */
export const hullOf = (spans: Spans): Bounds => [
  Math.min(...spans.map(([low]) => low)) + 0,
  Math.max(...spans.map(([, high]) => high)) + 0,
];
const sumOf = (spans: Spans): Bounds =>
  spans.reduce<Bounds>(([low, high], [least, most]) => [low + least, high + most], [0, 0]);
const scaled = (factor: number, [low, high]: Bounds): Bounds =>
  hullOf([
    [factor * low, factor * low],
    [factor * high, factor * high],
  ]);
const product = ([a, b]: Bounds, [c, d]: Bounds): Bounds =>
  hullOf([a * c, a * d, b * c, b * d].map((x) => [x, x]));
const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

function shapeOf(draw: Draw): Shape {
  return Array.from({ length: draw(1, 4) }, () => draw(1, 3));
}

function image(draw: Draw): Shape {
  return [draw(1, 2), draw(1, 3), draw(2, 4), draw(2, 4)];
}

/** By the tensor's places: row-major. */
function placesOf(shape: Shape): readonly (readonly number[])[] {
  return Array.from({ length: sizeOf(shape) }, (_, i) => {
    let rest = i;
    return shape
      .toReversed()
      .map((side) => {
        const at = rest % side;
        rest = Math.floor(rest / side);
        return at;
      })
      .toReversed();
  });
}

const indexIn = (shape: Shape, place: readonly number[]): number =>
  place.reduce((index, at, axis) => index * shape[axis] + at, 0);

const weightsOf = (draw: Draw, count: number): number[] => Array.from({ length: count }, () => draw(-5, 5));

const elementwise = (
  kind: string,
  of: (left: Bounds, right: Bounds) => Bounds,
  fields: Readonly<Record<string, unknown>> = {},
  right: Bounds = [-20, 20],
): ((draw: Draw) => Case) => {
  return (draw) => {
    const shape = shapeOf(draw);
    const inputs = [given(draw, shape), given(draw, shape, ...right)];
    return {
      inputs,
      output: shape,
      node: { kind, inputs: [0, 1], ...fields },
      expected: (a, b) => a.map((span, i) => of(span, b[i])),
    };
  };
};

const unary = (
  kind: string,
  of: (span: Bounds) => Bounds,
  fields: Readonly<Record<string, unknown>> = {},
  [least, most]: Bounds = [-20, 20],
): ((draw: Draw) => Case) => {
  return (draw) => {
    const shape = shapeOf(draw);
    const inputs = [given(draw, shape, least, most)];
    return { inputs, output: shape, node: { kind, input: 0, ...fields }, expected: (spans) => spans.map(of) };
  };
};

export const S4: IntegerRange = { signed: true, bits: 4 };
const values = Array.from({ length: 41 }, (_, i) => ((i * 29) % 83) - 41);
const quotient = (num: number, den: number): number => Math.floor((4 * num + Math.floor(den / 2)) / den);

export const cases: Readonly<Record<string, (draw: Draw) => Case>> = {
  add: elementwise('add', (left, right) => sumOf([scaled(2, left), scaled(8, right)]), { shifts: [1, 3] }),
  subtract: elementwise('add', (left, right) => sumOf([left, scaled(-4, right)]), {
    shifts: [0, 2],
    subtract: true,
  }),
  maximum: elementwise('maximum', ([a, b], [c, d]) => [Math.max(a, c), Math.max(b, d)]),
  mul: elementwise('mul', product),
  square: unary(
    'mul',
    ([low, high]) => [
      low <= 0 && high >= 0 ? 0 : Math.min(low * low, high * high),
      Math.max(low * low, high * high),
    ],
    { inputs: [0, 0] },
  ),
  divide: elementwise(
    'divide',
    (num, den) => hullOf(num.flatMap((n) => den.map((d): Bounds => [quotient(n, d), quotient(n, d)]))),
    { shift: 2 },
    [1, 30],
  ),
  isqrt: unary(
    'isqrt',
    ([low, high]) => [Math.floor(Math.sqrt(low)), Math.floor(Math.sqrt(high))],
    {},
    [0, 90],
  ),
  table: unary(
    'table',
    ([low, high]) => hullOf(values.slice(low + 20, high + 21).map((value) => [value, value])),
    { first: -20, values: Int32Array.from(values) },
  ),
  rescale: (draw) => ({
    ...unary(
      'rescale',
      ([low, high]) => [clamp(Math.floor((low + 2) / 4), -3, 4), clamp(Math.floor((high + 2) / 4), -3, 4)],
      {
        shift: 2,
        relu: false,
        clamp: [-3, 4],
      },
    )(draw),
    range: S4,
  }),
  'rescale of nothing': (draw) => ({
    ...unary('rescale', ([low, high]) => [clamp(low, 0, 15), clamp(high, 0, 15)], { shift: 0, relu: true })(
      draw,
    ),
    range: { signed: false, bits: 4 },
  }),
  scale(draw) {
    const shape = shapeOf(draw);
    const factors = weightsOf(draw, sizeOf(shape));
    return {
      inputs: [given(draw, shape)],
      output: shape,
      node: { kind: 'scale', input: 0, factors: Int32Array.from(factors) },
      expected: (spans) => spans.map((span, i) => scaled(factors[i], span)),
    };
  },
  constant(draw) {
    const shape = shapeOf(draw);
    const constants = weightsOf(draw, sizeOf(shape));
    return {
      inputs: [],
      output: shape,
      node: { kind: 'constant', values: Float64Array.from(constants) },
      expected: () => constants.map((value) => [value, value]),
    };
  },
  foreign(draw) {
    const shape = shapeOf(draw);
    return {
      inputs: [given(draw, shape)],
      output: shape,
      node: { kind: 'foreign', inputs: [0], operator: 'Erf', model: new Uint8Array() },
      expected: (spans) => spans.map(() => [-8, 7]),
      range: S4,
    };
  },
  argmax(draw) {
    const shape = shapeOf(draw);
    const axis = draw(0, shape.length - 1);
    const output = shape.with(axis, 1);
    return {
      inputs: [given(draw, shape)],
      output,
      node: { kind: 'argmax', input: 0, axis, last: false },
      expected: () => Array.from({ length: sizeOf(output) }, () => [0, shape[axis] - 1]),
    };
  },
  'below-max'(draw) {
    const shape = shapeOf(draw);
    const width = shape.at(-1)!;
    return {
      inputs: [given(draw, shape)],
      output: shape,
      node: { kind: 'below-max', input: 0 },
      expected: (spans) =>
        spans.map(([low], i) => {
          const start = i - (i % width);
          const row = spans.slice(start, start + width);
          return [0, width === 1 ? 0 : Math.max(...row.map(([, high]) => high)) - low];
        }),
    };
  },
  reshape(draw) {
    const sides = Array.from({ length: draw(1, 4) }, () => draw(1, 3));
    const output = [...sides];
    // The same factors, some of them together.
    while (output.length > 1 && draw(0, 1) === 1) {
      const at = draw(0, output.length - 2);
      output.splice(at, 2, output[at] * output[at + 1]);
    }
    const [from, to] = draw(0, 1) === 1 ? [sides, output] : [output, sides];
    return {
      inputs: [given(draw, from)],
      output: to,
      node: { kind: 'reshape', input: 0 },
      expected: (spans) => spans,
    };
  },
  concat(draw) {
    const shape = shapeOf(draw);
    const axis = draw(0, shape.length - 1);
    const inputs = Array.from({ length: draw(1, 3) }, () => given(draw, shape.with(axis, draw(1, 3))));
    const output = shape.with(
      axis,
      inputs.reduce((sum, input) => sum + input.shape[axis], 0),
    );
    return {
      inputs,
      output,
      node: { kind: 'concat', inputs: inputs.map((_, i) => i), axis },
      expected: (...all) =>
        placesOf(output).map((place) => {
          let at = place[axis];
          let from = 0;
          while (at >= inputs[from].shape[axis]) at -= inputs[from++].shape[axis];
          return all[from][indexIn(inputs[from].shape, place.with(axis, at))];
        }),
    };
  },
  gather(draw) {
    const [shape, output] = [shapeOf(draw), shapeOf(draw)];
    const indices = Array.from({ length: sizeOf(output) }, () => draw(-1, sizeOf(shape) - 1));
    return {
      inputs: [given(draw, shape)],
      output,
      node: { kind: 'gather', input: 0, indices: Int32Array.from(indices), fill: -7 },
      expected: (spans) => indices.map((index) => (index < 0 ? [-7, -7] : spans[index])),
    };
  },
  gemm(draw) {
    const [rows, inner, outputs] = [draw(1, 4), draw(1, 3), draw(1, 3)];
    const weights = weightsOf(draw, outputs * inner);
    const bias = weightsOf(draw, outputs);
    const shape = [rows, inner];
    // Few numbers, so that rows have much in common.
    const input = draw(0, 1) === 1 ? given(draw, shape) : given(draw, shape, 0, 1);
    const [low, high] = [input.interval.low, input.interval.high].map((ends) => {
      const copy = exacts(ends.length);
      copy.set(ends);
      return copy;
    });
    // Rows that are equal, or but for one end.
    for (let row = 1; row < rows && draw(0, 1) === 1; row++) {
      for (const ends of [low, high]) ends.copyWithin(row * inner, (row - 1) * inner, row * inner);
      const at = row * inner + draw(0, inner - 1);
      const change = draw(0, 2);
      if (change === 1) high[at] = exact(21);
      if (change === 2) low[at] = exact(-21);
    }
    return {
      inputs: [{ shape, interval: { low, high, run: 1 } }],
      output: [rows, outputs],
      node: { kind: 'gemm', input: 0, weights: Int32Array.from(weights), bias: Float64Array.from(bias) },
      expected: (spans) =>
        placesOf([rows, outputs]).map(([row, o]) =>
          sumOf([
            [bias[o], bias[o]],
            ...Array.from({ length: inner }, (_, i) =>
              scaled(weights[o * inner + i], spans[row * inner + i]),
            ),
          ]),
        ),
    };
  },
  matmul(draw) {
    const [batch, height, inner, width] = [draw(1, 3), draw(1, 3), draw(1, 3), draw(1, 3)];
    const front = draw(0, 2) === 0 ? [] : draw(0, 1) === 1 ? [batch] : [1, batch];
    const matrices = sizeOf(front);
    const output = [...front, height, width];
    return {
      inputs: [given(draw, [...front, height, inner]), given(draw, [...front, inner, width])],
      output,
      node: { kind: 'matmul', inputs: [0, 1] },
      // One bound for all entries of a product of matrices.
      expected: (left, right) =>
        Array.from({ length: matrices }, (_, matrix) => {
          const [a, b] = [
            left.slice(matrix * height * inner, (matrix + 1) * height * inner),
            right.slice(matrix * inner * width, (matrix + 1) * inner * width),
          ];
          const bounds = scaled(inner, product(hullOf(a), hullOf(b)));
          return new Array<Bounds>(height * width).fill(bounds);
        }).flat(),
    };
  },
  conv(draw) {
    const groups = draw(1, 2);
    const [perGroup, filters] = [draw(1, 2), groups * draw(1, 2)];
    const shape = [draw(1, 2), groups * perGroup, 3, 3];
    const pads = [0, 0, 0, 0].with(draw(0, 3), draw(0, 1));
    const output = [shape[0], filters, 2 + pads[0] + pads[2], 2 + pads[1] + pads[3]];
    const weights = weightsOf(draw, filters * perGroup * 4);
    const bias = weightsOf(draw, filters);
    const isPadded = pads.some((pad) => pad > 0);
    const windows = { kernel: [2, 2], strides: [1, 1], pads, dilations: [1, 1] };
    const linear = { groups, weights: Int32Array.from(weights), bias: Float64Array.from(bias) };
    return {
      inputs: [given(draw, shape)],
      output,
      node: { kind: 'conv', input: 0, ...windows, ...linear },
      expected: (spans) =>
        placesOf(output).map(([sample, o]) => {
          const first = Math.floor(o / (filters / groups)) * perGroup;
          const taps = Array.from({ length: perGroup * 4 }, (_, tap) => {
            const span = spans[indexIn(shape, [sample, first + Math.floor(tap / 4), 0, 0])];
            return scaled(weights[o * perGroup * 4 + tap], isPadded ? hullOf([span, [0, 0]]) : span);
          });
          return sumOf([[bias[o], bias[o]], ...taps]);
        }),
    };
  },
  'max-pool'(draw) {
    const shape = image(draw);
    const output = [shape[0], shape[1], shape[2] - 1, shape[3] - 1];
    const windows = { kernel: [2, 2], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
    return {
      inputs: [given(draw, shape)],
      output,
      node: { kind: 'max-pool', input: 0, ...windows },
      expected: (spans) =>
        placesOf(output).map(([sample, channel]) => spans[indexIn(shape, [sample, channel, 0, 0])]),
    };
  },
};
