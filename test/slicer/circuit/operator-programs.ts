import type { CircuitOptions } from '../../../slicer/circuit/plan.ts';
import type { IntegerProgram } from '../../../slicer/integer/program.ts';
import { NonlinearBuilder } from '../../support/nonlinear-programs.ts';
import { ProgramBuilder } from './programs.ts';

const unsigned4 = { signed: false, bits: 4 };
const signed4 = { signed: true, bits: 4 };
const signed8 = { signed: true, bits: 8 };
const row = [1, 1, 1, 6];

let state = 7;
const weight = (): number => ((state = (state * 37) % 101) % 15) - 7;

function image(make: (build: ProgramBuilder, x: number) => number): IntegerProgram {
  const build = new ProgramBuilder();
  const x = build.input([1, 2, 4, 4], unsigned4);
  return build.program([make(build, x)]);
}

function rows(make: (build: NonlinearBuilder, x: number, y: number) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  const [x, y] = [build.input(row, signed4), build.input(row, signed4)];
  return build.program([make(build, x, y)]);
}

function longRow(make: (build: NonlinearBuilder, x: number) => number): IntegerProgram {
  const build = new NonlinearBuilder();
  return build.program([make(build, build.input([1, 1, 1, 24], { signed: true, bits: 10 }))]);
}

/** x · y needs 8 bits, x² − 8² … */
const squares = Array.from({ length: 16 }, (_, i) => ((i - 8) * (i - 8) * 3) % 17);

const conv = image((build, x) => build.rescale(build.conv(x, 2, { kernel: [2, 2] }, weight), 3, signed4));

const lookups = { mode: 'lookups' } as const;

/** One program an operator or gadget. */
export const operatorPrograms: Record<string, readonly [IntegerProgram, CircuitOptions?]> = {
  conv: [conv],
  'conv by a product check': [conv, { products: 'wherever possible' }],
  gemm: [image((build, x) => build.rescale(build.gemm(build.flatten(x), 4, weight), 4, signed4))],
  'gemm of several rows by a product check': [
    image((build, x) => build.rescale(build.gemm(build.reshape(x, [4, 8]), 3, weight), 4, signed4)),
    { products: 'wherever possible' },
  ],
  add: [image((build, x) => build.rescale(build.add(x, x, [2, 0]), 1, signed8))],
  'reshape and concat': [
    image((build, x) => build.rescale(build.concat([x, build.reshape(x, [1, 2, 4, 4])], 1), 0, unsigned4)),
  ],
  gather: [rows((build, x) => build.rescale(build.gather(x, [1, 1, 1, 4], [5, -1, 0, 5], -3), 0, signed4))],
  'max-pool': [image((build, x) => build.rescale(build.maxPool(x, [2, 2], [2, 2]), 0, unsigned4))],
  'max-pool of a convolution': [
    image((build, x) =>
      build.rescale(build.maxPool(build.conv(x, 1, { kernel: [3, 3] }, weight), [2, 2], [2, 2]), 3, signed8),
    ),
  ],
  'rescale, plain': [image((build, x) => build.rescale(x, 2, unsigned4))],
  relu: [
    image((build, x) => build.rescale(build.conv(x, 1, { kernel: [2, 2] }, weight), 3, unsigned4, true)),
  ],
  'relu with a clamp': [
    image((build, x) => build.rescale(build.conv(x, 1, { kernel: [2, 2] }, weight), 0, unsigned4, true)),
  ],
  'rescale with bounds': [rows((build, x, y) => build.rescale(build.mul(x, y), 2, signed8, [-5, 9]))],
  subtract: [rows((build, x, y) => build.rescale(build.add(x, y, [0, 1], true), 0, signed8))],
  constant: [
    rows((build, x) => build.rescale(build.add(x, build.constant(row, [1, -2, 3, 4, -5, 6])), 1, signed8)),
  ],
  scale: [rows((build, x) => build.rescale(build.scale(x, [3, -2, 0, 5, -7, 1]), 1, signed8))],
  mul: [rows((build, x, y) => build.rescale(build.mul(x, y), 2, signed8))],
  square: [rows((build, x) => build.rescale(build.mul(x, x), 2, signed8))],
  table: [rows((build, x) => build.rescale(build.table(x, -8, squares), 0, signed8))],
  maximum: [rows((build, x, y) => build.rescale(build.maximum(x, build.mul(x, y)), 1, signed8))],
  divide: [
    rows((build, x, y) => {
      const one = build.constant(row, new Array<number>(6).fill(1));
      return build.rescale(build.divide(x, build.maximum(y, one), 3), 0, signed8);
    }),
  ],
  isqrt: [rows((build, x) => build.rescale(build.isqrt(build.mul(x, x)), 0, unsigned4))],
  argmax: [rows((build, x) => build.argmax(x, 3, false))],
  // Twenty-three comparisons of eleven bits would fill a row to its last bit: they have to be wider.
  'argmax of a row': [longRow((build, x) => build.argmax(x, 3, false))],
  'argmax, last': [rows((build, x, y) => build.argmax(build.mul(x, y), 3, true))],
  'below-max': [rows((build, x) => build.rescale(build.belowMax(x), 0, unsigned4))],
  'matmul, products one by one': [
    rows((build, x, y) => {
      const product = build.matmul(build.reshape(x, [1, 1, 2, 3]), build.reshape(y, [1, 1, 3, 2]));
      return build.rescale(build.add(product, product), 1, signed8);
    }),
  ],
  'matmul, in blocks': [
    rows((build, x, y) =>
      build.rescale(build.matmul(build.reshape(x, [1, 1, 2, 3]), build.reshape(y, [1, 1, 3, 2])), 1, signed8),
    ),
  ],
  // More results than share one power of the challenge.
  'conv by a product check at several powers': [
    image((build, x) => build.rescale(build.conv(x, 6, { kernel: [2, 2] }, weight), 3, signed4)),
    { products: 'wherever possible' },
  ],
  'matmul by a product check at several powers': [
    rows((build, x, y) => {
      const column = build.reshape(build.concat([x, y], 3), [1, 1, 12, 1]);
      return build.rescale(build.matmul(column, build.reshape(y, [1, 1, 1, 6])), 1, signed8);
    }),
    { products: 'wherever possible' },
  ],
  'matmul by a product check': [
    rows((build, x, y) =>
      build.rescale(build.matmul(build.reshape(x, [1, 1, 2, 3]), build.reshape(y, [1, 1, 3, 2])), 1, signed8),
    ),
    { products: 'wherever possible' },
  ],
  'relu of a convolution, looked up': [
    image((build, x) => build.rescale(build.conv(x, 1, { kernel: [2, 2] }, weight), 3, unsigned4, true)),
    lookups,
  ],
  'conv by a product check, looked up': [conv, { ...lookups, products: 'wherever possible' }],
  'rescale without a clamp, looked up': [
    image((build, x) => build.rescale(build.conv(x, 1, { kernel: [2, 2] }, weight), 5, signed8)),
    lookups,
  ],
  'wide rescale with a clamp, looked up': [
    image((build, x) =>
      build.rescale(
        build.conv(x, 1, { kernel: [2, 2] }, () => 3001 * weight()),
        5,
        signed8,
      ),
    ),
    lookups,
  ],
  'gemm with a clamp, looked up': [
    image((build, x) => build.rescale(build.gemm(build.flatten(x), 4, weight), 1, signed4)),
    lookups,
  ],
  'max-pool of a convolution, looked up': [
    image((build, x) =>
      build.rescale(build.maxPool(build.conv(x, 1, { kernel: [3, 3] }, weight), [2, 2], [2, 2]), 3, signed8),
    ),
    lookups,
  ],
  'table, looked up': [rows((build, x) => build.rescale(build.table(x, -8, squares), 0, signed8)), lookups],
};
