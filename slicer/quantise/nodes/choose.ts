import { int32s } from '../../integer/exact.ts';
import { sizeOf } from '../../integer/program.ts';
import type { FloatChoose } from '../float-model.ts';
import type { Placed, Quantiser } from '../quantiser.ts';
import { quantiseWeights } from '../scales.ts';
import type { FloatKind } from './kind.ts';
import { above, constantOf, constantsOf, multiplied, rescaled, scaledBy, sum } from './steps.ts';

/** Tables of so many rows are chosen from at once. */
const FEW_ROWS = 16;

/** How a row's number is written: high · low + rest. */
interface Split {
  readonly high: number;
  /** A power of two. */
  readonly low: number;
}

/**
 * Rows of a constant table by their numbers, which the model computes. A number is two digits; of each digit comparisons
 * tell which it is; products of both choose. Of V rows of D values it is about √V · (comparison + min(D, √V)) rows a number.
 * A number below zero counts from the end.
 */
export const choose: FloatKind<FloatChoose> = {
  evaluate({ input, table, rows }, _, values) {
    const width = table.length / rows;
    const result = new Float64Array(values[input].length * width);
    values[input].forEach((index, i) => {
      const row = index < 0 ? index + rows : index;
      result.set(table.subarray(row * width, (row + 1) * width), i * width);
    });
    return result;
  },
  quantise(quantiser, { name, input, table, rows, output }, weightBits) {
    const whole = quantiser.wholeOf(output) !== undefined;
    const { integers, scale } = whole
      ? { integers: int32s(table), scale: 0 }
      : quantiseWeights(table, weightBits);
    const place = quantiser.place(input);
    const count = sizeOf(quantiser.shapeOf(place.id));
    const flat = quantiser.derive(`${name}/numbers`, [count, 1], place, (id) => ({
      kind: 'reshape',
      name: `${name}/numbers`,
      input: place.id,
      output: id,
    }));
    const numbers = fromFront(quantiser, name, flat, rows);
    const width = table.length / rows;
    const chosen = { table: integers, width, scale };
    const result =
      rows <= FEW_ROWS
        ? rowsTimes(quantiser, name, indicators(quantiser, name, numbers, rows), chosen, rows)
        : bySplit(quantiser, name, numbers, splitOf(rows, width), { ...chosen, rows });
    const shape = quantiser.floatShape(output);
    const shaped = quantiser.derive(`${name}/shape`, shape, result, (id) => ({
      kind: 'reshape',
      name: `${name}/shape`,
      input: result.id,
      output: id,
    }));
    quantiser.put(output, shaped);
  },
};

/** Numbers below zero with the count of rows added. */
function fromFront(quantiser: Quantiser, name: string, numbers: Placed, rows: number): Placed {
  if (quantiser.hull(numbers.id).low >= 0) return numbers;
  const shape = quantiser.shapeOf(numbers.id);
  const zero = constantOf(quantiser, `${name}/least`, shape, 0, 0);
  const below = above(quantiser, `${name}/below`, zero, numbers);
  const added = scaledBy(quantiser, `${name}/added`, below, new Int32Array(sizeOf(shape)).fill(rows));
  return sum(quantiser, `${name}/front`, numbers, added);
}

/** The split for which least has to be proved. */
function splitOf(rows: number, width: number): Split {
  const costs = Array.from({ length: Math.ceil(Math.log2(rows)) - 1 }, (_, i) => {
    const low = 2 ** (i + 1);
    const high = Math.ceil(rows / low);
    const bits = Math.log2(rows) / 2 + 3;
    return { high, low, cost: (high + low) * bits + high * Math.min(width, low) };
  });
  return costs.reduce((best, each) => (each.cost < best.cost ? each : best));
}

/** [numbers, count]: 1 where a number is the column's, else 0. */
function indicators(quantiser: Quantiser, name: string, numbers: Placed, count: number): Placed {
  const [rows] = quantiser.shapeOf(numbers.id);
  if (count === 1) return constantOf(quantiser, `${name}/only`, [rows, 1], 0, 1);
  const width = count - 1;
  const wide = spread(quantiser, `${name}/wide`, numbers, width, (i) => Math.floor(i / width));
  const cuts = Float64Array.from({ length: rows * width }, (_, i) => i % width);
  const cut = constantsOf(quantiser, `${name}/cuts`, [rows, width], 0, cuts);
  const reached = above(quantiser, `${name}/reached`, wide, cut);
  // Column i: reaches i, and does not reach i + 1.
  const weights = new Int32Array(count * width);
  for (let i = 0; i < count; i++) {
    if (i > 0) weights[i * width + i - 1] = 1;
    if (i < width) weights[i * width + i] = -1;
  }
  const bias = new Float64Array(count);
  bias[0] = 1;
  return quantiser.derive(`${name}/columns`, [rows, count], { scale: 0 }, (output) => ({
    kind: 'gemm',
    name: `${name}/columns`,
    input: reached.id,
    output,
    weights,
    bias,
  }));
}

interface Table {
  /** Row-major, [rows, width]. */
  readonly table: Int32Array;
  readonly width: number;
  readonly scale: number;
}

/** [numbers, inner] · [inner, width]. */
function rowsTimes(
  quantiser: Quantiser,
  name: string,
  columns: Placed,
  { table, width, scale }: Table,
  inner: number,
): Placed {
  const [rows] = quantiser.shapeOf(columns.id);
  const weights = new Int32Array(width * inner);
  for (let i = 0; i < weights.length; i++) weights[i] = table[(i % inner) * width + Math.floor(i / inner)];
  return quantiser.derive(`${name}/rows`, [rows, width], { scale }, (output) => ({
    kind: 'gemm',
    name: `${name}/rows`,
    input: columns.id,
    output,
    weights,
    bias: new Float64Array(width),
  }));
}

function bySplit(
  quantiser: Quantiser,
  name: string,
  numbers: Placed,
  { high, low }: Split,
  { table, width, scale, rows }: Table & { readonly rows: number },
): Placed {
  const [count] = quantiser.shapeOf(numbers.id);
  const bits = Math.log2(low);
  const moved = sum(
    quantiser,
    `${name}/moved`,
    numbers,
    constantOf(quantiser, `${name}/half`, [count, 1], 0, -(low / 2)),
  );
  const first = rescaled(
    quantiser,
    `${name}/first`,
    { id: moved.id, scale: bits },
    {
      scale: 0,
      range: { signed: false, bits: Math.max(1, Math.ceil(Math.log2(high))) },
    },
  );
  const rest = quantiser.derive(`${name}/rest`, [count, 1], { scale: 0 }, (output) => ({
    kind: 'add',
    name: `${name}/rest`,
    inputs: [numbers.id, first.id],
    shifts: [0, bits],
    subtract: true,
    output,
  }));
  const highs = indicators(quantiser, `${name}/high`, first, high);
  const lows = indicators(quantiser, `${name}/low`, rest, low);
  if (low < width) {
    const pairs = high * low;
    const products = multiplied(
      quantiser,
      `${name}/pairs`,
      spread(
        quantiser,
        `${name}/highs`,
        highs,
        pairs,
        (i) => Math.floor(i / pairs) * high + Math.floor((i % pairs) / low),
      ),
      spread(quantiser, `${name}/lows`, lows, pairs, (i) => Math.floor(i / pairs) * low + (i % low)),
    );
    const padded = new Int32Array(pairs * width);
    padded.set(table);
    return rowsTimes(quantiser, name, products, { table: padded, width, scale }, pairs);
  }
  // By the low digit first, which is free, for each high one.
  const inner = high * width;
  const turned = new Int32Array(low * inner);
  for (let l = 0; l < low; l++) {
    for (let i = 0; i < inner; i++) {
      const row = Math.floor(i / width) * low + l;
      if (row < rows) turned[l * inner + i] = table[row * width + (i % width)];
    }
  }
  const candidates = rowsTimes(
    quantiser,
    `${name}/candidates`,
    lows,
    { table: turned, width: inner, scale },
    low,
  );
  const chosen = multiplied(
    quantiser,
    `${name}/chosen`,
    candidates,
    spread(
      quantiser,
      `${name}/highs`,
      highs,
      inner,
      (i) => Math.floor(i / inner) * high + Math.floor((i % inner) / width),
    ),
  );
  const identity = Int32Array.from({ length: inner * width }, (_, i) =>
    Number(Math.floor(i / width) % width === i % width),
  );
  return rowsTimes(quantiser, name, chosen, { table: identity, width, scale: chosen.scale }, inner);
}

/** [rows, width] by places in what is given. */
function spread(
  quantiser: Quantiser,
  name: string,
  input: Placed,
  width: number,
  at: (index: number) => number,
): Placed {
  const [rows] = quantiser.shapeOf(input.id);
  const indices = Int32Array.from({ length: rows * width }, (_, i) => at(i));
  return quantiser.derive(name, [rows, width], input, (output) => ({
    kind: 'gather',
    name,
    input: input.id,
    output,
    indices,
    fill: 0,
  }));
}
