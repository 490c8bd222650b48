import type { ProgramNode, ProgramTensor } from '../integer/program.ts';
import { clamp, inBits, isZero, larger, largest, quotient, root, shifted } from './gadgets.ts';
import { coordinatesOf, indexOf, sizeOf, tapsOf } from './places.ts';
import { constant, minus, NOTHING, ONE, times, type Form, type ReferenceSystem } from './system.ts';

/** What a node's equations are made with. */
export interface NodeContext {
  readonly system: ReferenceSystem;
  readonly tensors: readonly ProgramTensor[];
  /** By tensor: its values so far, each a wire or a constant multiple of one. */
  readonly values: readonly (readonly Form[])[];
}

type Make<Kind extends ProgramNode['kind']> = (
  node: Extract<ProgramNode, { readonly kind: Kind }>,
  context: NodeContext,
) => readonly Form[];

/** What each kind of node states, an equation a row. */
const statements: { readonly [Kind in ProgramNode['kind']]: Make<Kind> } = {
  constant: ({ name, values }, { system }) =>
    Array.from(values, (value, i) => system.named(at(name, i), constant(BigInt(value)))),

  gather: ({ name, input, indices, fill }, { system, values }) =>
    Array.from(indices, (index, i) =>
      system.named(at(name, i), index < 0 ? constant(BigInt(fill)) : values[input][index]),
    ),

  reshape: ({ name, input }, { system, values }) =>
    values[input].map((value, i) => system.named(at(name, i), value)),

  concat({ name, inputs, axis, output }, { system, tensors, values }) {
    const { shape } = tensors[output];
    return Array.from({ length: sizeOf(shape) }, (_, i) => {
      const place = coordinatesOf(shape, i);
      let [part, along] = [0, place[axis]];
      while (along >= tensors[inputs[part]].shape[axis]) along -= tensors[inputs[part++]].shape[axis];
      const from = indexOf(tensors[inputs[part]].shape, place.with(axis, along));
      return system.named(at(name, i), values[inputs[part]][from]);
    });
  },

  add: ({ name, inputs: [left, right], shifts, subtract }, { system, values }) =>
    values[left].map((value, i) => {
      const sign = subtract === true ? -1n : 1n;
      const other = times(values[right][i], sign << BigInt(shifts[1]));
      return system.named(at(name, i), [...times(value, 1n << BigInt(shifts[0])), ...other]);
    }),

  scale: ({ name, input, factors }, { system, values }) =>
    values[input].map((value, i) => system.named(at(name, i), times(value, BigInt(factors[i])))),

  mul: ({ name, inputs: [left, right] }, { system, values }) =>
    values[left].map((value, i) => system.product(at(name, i), value, values[right][i])),

  gemm: ({ name, input, weights, bias, output }, { system, tensors, values }) => {
    const width = weights.length / bias.length;
    return Array.from({ length: sizeOf(tensors[output].shape) }, (_, i) => {
      const filter = i % bias.length;
      const row = Math.floor(i / bias.length) * width;
      const terms = Array.from({ length: width }, (_value, k) =>
        times(values[input][row + k], BigInt(weights[filter * width + k])),
      );
      return system.named(at(name, i), [...constant(BigInt(bias[filter])), ...terms.flat()]);
    });
  },

  conv(node, { system, tensors, values }) {
    const { name, input, output, weights, bias, kernel, groups } = node;
    const shape = tensors[input].shape;
    const perGroup = shape[1] / groups;
    const perKernel = kernel[0] * kernel[1];
    return Array.from({ length: sizeOf(tensors[output].shape) }, (_, i) => {
      const [sample, filter, y, x] = coordinatesOf(tensors[output].shape, i);
      const first = Math.floor(filter / (bias.length / groups)) * perGroup;
      const sum = [...constant(BigInt(bias[filter]))];
      for (let channel = 0; channel < perGroup; channel++) {
        // Padding is zero: it adds nothing.
        for (const { tap, row, column } of tapsOf(node, shape, y, x)) {
          const value = values[input][indexOf(shape, [sample, first + channel, row, column])];
          sum.push(...times(value, BigInt(weights[(filter * perGroup + channel) * perKernel + tap])));
        }
      }
      return system.named(at(name, i), sum);
    });
  },

  matmul({ name, inputs: [left, right], output }, { system, tensors, values }) {
    const { shape } = tensors[output];
    const inner = tensors[left].shape.at(-1) as number;
    return Array.from({ length: sizeOf(shape) }, (_, i) => {
      const place = coordinatesOf(shape, i);
      const [row, column] = place.slice(-2);
      const matrix = place.slice(0, -2);
      const products = Array.from({ length: inner }, (_value, k) =>
        system.product(
          `${at(name, i)}, product ${k}`,
          values[left][indexOf(tensors[left].shape, [...matrix, row, k])],
          values[right][indexOf(tensors[right].shape, [...matrix, k, column])],
        ),
      );
      return system.named(at(name, i), products.flat());
    });
  },

  maximum: ({ name, inputs: [left, right] }, { system, values }) =>
    values[left].map((value, i) => larger(system, at(name, i), value, values[right][i])),

  'max-pool'(node, { system, tensors, values }) {
    const { name, input, output } = node;
    const shape = tensors[input].shape;
    return Array.from({ length: sizeOf(tensors[output].shape) }, (_, i) => {
      const [sample, channel, y, x] = coordinatesOf(tensors[output].shape, i);
      // Padding is no part of a window.
      const window = tapsOf(node, shape, y, x).map(
        ({ row, column }) => values[input][indexOf(shape, [sample, channel, row, column])],
      );
      return largest(system, at(name, i), window);
    });
  },

  'below-max': ({ name, input }, { system, tensors, values }) => {
    const width = tensors[input].shape.at(-1) as number;
    const most = Array.from({ length: values[input].length / width }, (_, row) =>
      largest(system, `${name}, row ${row}`, values[input].slice(row * width, (row + 1) * width)),
    );
    return values[input].map((value, i) =>
      system.named(at(name, i), minus(most[Math.floor(i / width)], value)),
    );
  },

  argmax: ({ name, input, axis, last, output }, { system, tensors, values }) => {
    const { shape } = tensors[input];
    return Array.from({ length: sizeOf(tensors[output].shape) }, (_, i) => {
      const place = coordinatesOf(tensors[output].shape, i);
      const line = Array.from(
        { length: shape[axis] },
        (_value, k) => values[input][indexOf(shape, place.with(axis, k))],
      );
      return positionOfLargest(system, at(name, i), line, last);
    });
  },

  rescale({ name, input, output, shift, relu, clamp: bounds }, { system, tensors, values }) {
    const range = boundsOf(tensors[output]);
    const low = bounds === undefined ? range.low : BigInt(bounds[0]);
    const high = bounds === undefined ? range.high : BigInt(bounds[1]);
    const half = shift === 0 ? 0n : 1n << BigInt(shift - 1);
    return values[input].map((value, i) => {
      const rounded = shifted(system, `${at(name, i)}, rounded`, [...value, ...constant(half)], shift);
      return clamp(system, at(name, i), rounded, { low: relu && low < 0n ? 0n : low, high });
    });
  },

  divide: ({ name, inputs: [num, den], shift }, { system, values }) =>
    values[num].map((value, i) => {
      const divisor = values[den][i];
      const half = shifted(system, `${at(name, i)}, half of the divisor`, divisor, 1);
      const dividend = [...times(value, 1n << BigInt(shift)), ...half];
      return quotient(system, at(name, i), dividend, divisor);
    }),

  isqrt: ({ name, input }, { system, values }) =>
    values[input].map((value, i) => root(system, at(name, i), value)),

  table: ({ name, input, first, values: entries }, { system, values }) =>
    values[input].map((value, i) => {
      const chosen = Array.from(entries, (_, k) =>
        isZero(system, `${at(name, i)} is entry ${k}`, [...value, ...constant(-BigInt(first) - BigInt(k))]),
      );
      // The argument is one of the table's.
      system.equal(chosen.flat(), ONE);
      return system.named(
        at(name, i),
        chosen.flatMap((one, k) => times(one, BigInt(entries[k]))),
      );
    }),

  foreign: ({ name }) => {
    throw new TypeError(`${name}: a foreign operator has no integers to state`);
  },
};

/** The values that a node writes, and its rows. */
export function stateNode(node: ProgramNode, context: NodeContext): readonly Form[] {
  return (statements[node.kind] as Make<ProgramNode['kind']>)(node, context);
}

/** What a tensor with a range may hold. */
export function boundsOf({ range }: ProgramTensor): { readonly low: bigint; readonly high: bigint } {
  const { signed, bits } = range as NonNullable<ProgramTensor['range']>;
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  return { low, high: low + (1n << BigInt(bits)) - 1n };
}

/** Every value of a tensor is within its range. */
export function stateRange({ system }: NodeContext, tensor: ProgramTensor, values: readonly Form[]): void {
  const { low } = boundsOf(tensor);
  const { bits } = tensor.range as NonNullable<ProgramTensor['range']>;
  for (const [i, value] of values.entries()) {
    inBits(system, `${at(tensor.name, i)} in range`, [...value, ...constant(-low)], bits);
  }
}

/** The first place whose value is the largest, or the last: places are asked in that order, and one before the answer is not. */
function positionOfLargest(
  system: ReferenceSystem,
  name: string,
  line: readonly Form[],
  last: boolean,
): Form {
  const most = largest(system, `${name}, largest`, line);
  const order = line.map((_, k) => (last ? line.length - 1 - k : k));
  const position: [number, bigint][] = [];
  let none: Form = ONE;
  for (const k of order) {
    const isLargest = isZero(system, `${name}, ${k} is largest`, minus(most, line[k]));
    const isFirst = system.product(`${name}, ${k} is the answer`, isLargest, none);
    none = system.named(`${name}, none until ${k}`, minus(none, isFirst));
    position.push(...(times(isFirst, BigInt(k)) as [number, bigint][]));
  }
  system.equal(none, NOTHING);
  return system.named(name, position);
}

function at(name: string, index: number): string {
  return `${name}[${index}]`;
}
