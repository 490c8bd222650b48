import { SliceproofError } from '../../protocol/errors.ts';
import { negated } from '../../slicer/integer/exact.ts';
import { intervalsOf } from '../../slicer/integer/intervals.ts';
import { boundsOf, sizeOf, type IntegerProgram, type IntegerRange } from '../../slicer/integer/program.ts';
import { NonlinearBuilder } from './nonlinear-programs.ts';
import { scatteredNumbers } from './programs.ts';

type Draw = (low: number, high: number) => number;

const MOST = Number.MAX_SAFE_INTEGER;

/** Where float32, 32 bits and doubles end, each with its neighbours. */
const ENDS = [0, 1, 2 ** 8, 2 ** 15, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 50, 2 ** 52, MOST].flatMap((end) => [
  end - 1,
  end,
  end + 1,
]);

/**
 * A random program whose constants stand where arithmetic ends: factors and biases that reach the limit or go one past it,
 * clamps next to what is reached, tables at far arguments, shifts up to the widest.
 */
export function extremeProgram(seed: number): IntegerProgram {
  const draw = scatteredNumbers(seed);
  for (;;) {
    const program = drawnProgram(draw);
    // Of those that are refused at once a third is enough.
    if (refusalOf(program) === undefined || draw(0, 2) === 0) return program;
  }
}

function drawnProgram(draw: Draw): IntegerProgram {
  const build = new NonlinearBuilder();
  const shape = [1, 1, 1, draw(1, 3)];
  const range = (most: number): IntegerRange => {
    const signed = draw(0, 1) === 1;
    return { signed, bits: draw(signed ? 2 : 1, most) };
  };
  const wide = (): IntegerRange => range([4, 8, 32][draw(0, 2)]);
  const ranged = [build.input(shape, wide()), build.input(shape, wide())];
  for (let layer = draw(1, 3); layer > 0; layer--) {
    const left = ranged[draw(0, ranged.length - 1)];
    const right = ranged[draw(0, ranged.length - 1)];
    let result = step(build, draw, left, right);
    if (draw(0, 2) === 0) result = step(build, draw, result, right);
    ranged.push(rescaled(build, draw, result, wide()));
  }
  return build.program([ranged[ranged.length - 1], ranged[2]].filter((id, i, all) => all.indexOf(id) === i));
}

/** A constant of at most `most` in size: one of the ends, or as far as it goes. */
function constant(draw: Draw, most: number): number {
  const limit = Math.max(1, Math.min(most, MOST));
  const ends = ENDS.filter((end) => end <= limit);
  const picked = [ends[draw(0, ends.length - 1)], limit, limit - 1, limit, draw(0, Math.min(limit, 9))][
    draw(0, 4)
  ];
  return draw(0, 1) === 1 ? picked : 0 - picked;
}

function reachOf(build: NonlinearBuilder, id: number): number {
  try {
    return build.reach(id);
  } catch (error) {
    // Something before it is too wide already, and the program will be refused.
    if (error instanceof SliceproofError) return 1;
    throw error;
  }
}

function step(build: NonlinearBuilder, draw: Draw, left: number, right: number): number {
  const shape = build.shape(left);
  const count = sizeOf(shape);
  const reach = Math.max(1, reachOf(build, left));
  const factor = (): number => constant(draw, Math.min(2 ** 31 - 1, Math.floor(MOST / reach) + draw(0, 1)));
  const constants = (most: number): number =>
    build.constant(
      shape,
      Array.from({ length: count }, () => constant(draw, most)),
    );
  /** One value at each place, as a tensor of the others' shape. */
  const everywhere = (id: number): number => build.gather(id, shape, new Array<number>(count).fill(0), 0);
  switch (draw(0, 19)) {
    case 0:
      return build.scale(
        left,
        Array.from({ length: count }, () => factor()),
      );
    case 1: {
      const weight = factor();
      return build.conv(left, weight, constant(draw, MOST - Math.abs(weight) * reach + draw(0, 1)));
    }
    case 2: {
      const weight = constant(draw, Math.floor(MOST / reach / count));
      const flat = build.reshape(left, [1, count]);
      const small = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, weight));
      const bias = constant(draw, MOST - Math.abs(small) * reach * count);
      const sum = build.gemm(flat, new Array<number>(count).fill(small), bias);
      return count === 1 ? build.reshape(sum, shape) : build.add(left, left, [0, draw(0, 20)], true);
    }
    case 3: {
      const shift = Math.max(0, Math.floor(Math.log2(MOST / reach)) - draw(0, 2));
      return build.add(left, constants(MOST / 2), [Math.min(52, shift), 0], draw(0, 1) === 1);
    }
    case 4:
      return build.maximum(left, constants(MOST));
    case 5:
      return build.maximum(left, build.add(right, constants(MOST / 4), [0, 0], draw(0, 1) === 1));
    case 6:
      return build.mul(left, draw(0, 1) === 1 ? right : constants(Math.floor(MOST / reach)));
    case 7: {
      const bits = draw(1, 5);
      const first = constant(draw, MOST - 2 ** bits);
      const base = build.rescale(left, draw(0, 3), { signed: false, bits });
      const argument = build.add(base, build.constant(shape, new Array<number>(count).fill(first)));
      const slope = constant(draw, 2 ** 31 - 1) / 2 ** bits;
      const affine = draw(0, 1) === 1;
      const values = Array.from({ length: 2 ** bits }, (_, i) =>
        affine ? Math.trunc(slope) * i : constant(draw, 2 ** 31 - 1),
      );
      return build.table(argument, first, values);
    }
    case 8: {
      const den = build.maximum(right, build.constant(shape, new Array<number>(count).fill(draw(1, 3))));
      const shift = Math.max(0, Math.floor(Math.log2(MOST / reach)) - draw(0, 3));
      return build.divide(left, den, Math.min(52, shift));
    }
    case 9:
      return build.isqrt(build.maximum(left, build.constant(shape, new Array<number>(count).fill(0))));
    case 10:
      return draw(0, 1) === 1
        ? build.belowMax(left)
        : build.reshape(build.belowMax(unlike(build, draw, left, reach)), shape);
    case 11: {
      // Weights that only padding meets, too.
      const weights = Array.from({ length: draw(1, 3) }, (_, i) => (i === 0 ? factor() : draw(-2, 2)));
      const used = weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
      return build.convRows(left, weights, constant(draw, MOST - used * reach + draw(0, 1)));
    }
    case 12: {
      const column =
        draw(0, 1) === 1
          ? build.reshape(right, [1, 1, count, 1])
          : build.constant(
              [1, 1, count, 1],
              Array.from({ length: count }, () => constant(draw, Math.floor(MOST / reach / count))),
            );
      return everywhere(build.matmul(left, column));
    }
    case 13:
      return draw(0, 1) === 1
        ? everywhere(build.argmax(left, 3, draw(0, 1) === 1))
        : everywhere(build.argmax(unlike(build, draw, left, reach), 1, draw(0, 1) === 1));
    case 14: {
      const both = build.concat([left, draw(0, 1) === 1 ? right : constants(MOST)], 3);
      const indices = Array.from({ length: count }, () => draw(-1, 2 * count - 1));
      return build.gather(both, shape, indices, constant(draw, MOST));
    }
    case 15:
      return build.maxPool(left);
    case 16:
      return build.maxPool(build.conv(left, draw(-1, 1), constant(draw, MOST - reach)));
    case 17:
      return spread(build, draw, imageConv(build, draw, left, reach), shape);
    case 18: {
      const both = build.reshape(build.concat([left, right], 3), [2, count]);
      const most = Math.max(reach, reachOf(build, right));
      const { weights, bias } = filters(draw, draw(1, 3), count, most);
      return spread(build, draw, build.gemmRows(both, weights, bias), shape);
    }
    default:
      return build.add(left, left, [draw(0, 3), draw(0, 3)], draw(0, 1) === 1);
  }
}

/** Weights of filters of so many taps, one far from zero and the others near, and biases that take the sums to the end. */
function filters(
  draw: Draw,
  count: number,
  taps: number,
  reach: number,
): { readonly weights: readonly number[]; readonly bias: readonly number[] } {
  const each = Array.from({ length: count }, () => {
    const far = draw(0, taps - 1);
    const first = constant(draw, Math.min(2 ** 31 - 1, Math.floor(MOST / reach / taps)));
    return Array.from({ length: taps }, (_, tap) => (tap === far ? first : draw(-1, 1)));
  });
  const used = each.map((weights) => weights.reduce((sum, weight) => sum + Math.abs(weight), 0));
  return { weights: each.flat(), bias: used.map((sum) => constant(draw, MOST - sum * reach + draw(0, 1))) };
}

/** A convolution in two axes with groups, strides, dilations, and windows that lie on padding alone. */
function imageConv(build: NonlinearBuilder, draw: Draw, input: number, reach: number): number {
  const most = sizeOf(build.shape(input)) - 1;
  const channels = 2;
  const places = Array.from({ length: channels * 3 * 2 }, () => draw(-1, most));
  const image = build.gather(input, [1, channels, 3, 2], places, 0);
  const kernel = [draw(1, 2), draw(1, 2)] as const;
  const groups = draw(1, channels);
  const windows = {
    kernel,
    strides: [draw(1, 2), draw(1, 2)] as const,
    pads: [draw(0, 2), draw(0, 2), draw(0, 2), draw(0, 2)] as const,
    dilations: [draw(1, 2), 1] as const,
    groups,
  };
  const taps = (channels / groups) * kernel[0] * kernel[1];
  const { weights, bias } = filters(draw, groups * draw(1, 2), taps, reach);
  return build.convImage(image, windows, weights, bias);
}

/** The values as a row, each of another reach. */
function unlike(build: NonlinearBuilder, draw: Draw, input: number, reach: number): number {
  const count = sizeOf(build.shape(input));
  const most = Math.min(2 ** 31 - 1, Math.floor(MOST / 2 / reach));
  const factors = Array.from({ length: count }, () => constant(draw, most));
  return build.scale(build.reshape(input, [1, count]), factors);
}

/** Some values of a tensor, as one of the others' shape. */
function spread(build: NonlinearBuilder, draw: Draw, input: number, shape: readonly number[]): number {
  const most = sizeOf(build.shape(input)) - 1;
  const places = Array.from({ length: sizeOf(shape) }, () => draw(0, most));
  return build.gather(input, shape, places, 0);
}

function rescaled(build: NonlinearBuilder, draw: Draw, input: number, range: IntegerRange): number {
  const { low, high } = boundsOf(range);
  const bits = Math.ceil(Math.log2(reachOf(build, input) + 1));
  const shift = Math.min(52, Math.max(0, bits - [range.bits, range.bits + 1, 0, 52][draw(0, 3)]));
  const within = (value: number): number => Math.min(high, Math.max(low, value));
  const least = within(constant(draw, Math.max(negated(low), high)));
  const most = within(Math.max(least, constant(draw, Math.max(negated(low), high))));
  return build.rescale(input, shift, range, draw(0, 1) === 1 ? [least, most] : undefined);
}

/** Whether the integer semantics take a program at all; else the code of their refusal. */
export function refusalOf(program: IntegerProgram): string | undefined {
  try {
    intervalsOf(program);
    return undefined;
  } catch (error) {
    if (error instanceof SliceproofError) return error.code;
    throw error;
  }
}
