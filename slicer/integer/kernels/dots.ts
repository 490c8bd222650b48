import { wasmApi, type WasmMemory } from '../../../groth16/curve/bn254-wasm.ts';
import {
  createModuleWriter,
  unsigned,
  type Functions,
  type Value,
} from '../../../groth16/kernel/assembler.ts';
import { integers } from '../../../groth16/kernel/integers.ts';

// Products of matrices of 16-bit integers in WebAssembly: one instruction multiplies eight pairs of them and adds up two and two.

/** Rows and columns that are worked on at a time: both matrices have a multiple of these. */
export const ROWS = 4;
export const COLUMNS = 8;

const PAGE = 65_536;
/** 256 MiB; callers bound what they bring far below. */
const MAXIMUM_PAGES = 4096;
/** Bytes of one pair of all rows and of all columns at a time, and of their sums. */
const ROWS_BYTES = 4 * ROWS;
const COLUMNS_BYTES = 4 * COLUMNS;
const SUMS_BYTES = ROWS * COLUMNS_BYTES;

const simd = (code: number): readonly number[] => [0xfd, ...unsigned(code)];
const LOAD = simd(0x00);
const STORE = simd(0x0b);
/** Four bytes from memory, in all four places. */
const SPREAD = simd(0x09);
const SPLAT = simd(0x11);
const DOT = simd(0xba);
const ADD = simd(0xae);

/** Sizes of a product: `pairs` of values are added up for each of the row blocks' rows and the column blocks' columns. */
export interface DotsShape {
  readonly pairs: number;
  /** Blocks of {@link ROWS}. */
  readonly rows: number;
  /** Blocks of {@link COLUMNS}. */
  readonly columns: number;
}

/** Where a product's matrices lie; valid until the next {@link dotsMemory}. A word is a pair: two integers of 16 bits. */
export interface DotsMemory {
  /** [row block][pair][row] */
  readonly left: Int32Array;
  /** [column block][pair][column] */
  readonly right: Int32Array;
  /** [column block][row][column]; what {@link run} writes. */
  readonly sums: Int32Array;
  /** Multiplies the first so many column blocks. No sum, of as many of its terms as one likes, may need more than 32 bits. */
  readonly run: (columns: number) => void;
}

let instance: { readonly memory: WasmMemory; readonly functions: Functions } | undefined;

/** Room for a product, in the place of the one before. */
export function dotsMemory({ pairs, rows, columns }: DotsShape): DotsMemory {
  instance ??= createInstance();
  const { memory, functions } = instance;
  const right = rows * pairs * ROWS_BYTES;
  const sums = right + columns * pairs * COLUMNS_BYTES;
  const missing = sums + rows * columns * SUMS_BYTES - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
  return {
    left: new Int32Array(memory.buffer, 0, rows * pairs * ROWS),
    right: new Int32Array(memory.buffer, right, columns * pairs * COLUMNS),
    sums: new Int32Array(memory.buffer, sums, rows * ROWS * columns * COLUMNS),
    run: (count) => void functions.multiply(rows * pairs * ROWS_BYTES, right, pairs, sums, count),
  };
}

function createInstance(): NonNullable<typeof instance> {
  const module = createModuleWriter();
  // The left matrix begins at zero and has so many bytes.
  module.define('multiply', ['i32', 'i32', 'i32', 'i32', 'i32'], undefined, (writer, ...parameters) => {
    const [leftEnd, right, pairs, sums, columns] = parameters as readonly Value<'i32'>[];
    const { add, mul, below } = integers(writer);
    const columnBytes = mul(pairs, COLUMNS_BYTES);
    const block = writer.variable(right, 'i32');
    const target = writer.variable(sums, 'i32');
    const end = add(right, mul(columns, columnBytes));
    writer.whilst(
      () => below(block, end),
      () => {
        const next = add(block, columnBytes);
        const left = writer.variable(0, 'i32');
        writer.whilst(
          () => below(left, leftEnd),
          () => {
            const totals = Array.from({ length: 2 * ROWS }, () =>
              writer.variable(writer.op('v128', SPLAT, 0), 'v128'),
            );
            const at = writer.variable(block, 'i32');
            writer.whilst(
              () => below(at, next),
              () => {
                const halves = [0, 16].map((offset) => writer.op('v128', [...LOAD, 4, offset], at));
                for (let row = 0; row < ROWS; row++) {
                  const pair = writer.op('v128', [...SPREAD, 2, 4 * row], left);
                  for (const [h, half] of halves.entries()) {
                    const total = totals[2 * row + h];
                    writer.assign(total, writer.op('v128', ADD, total, writer.op('v128', DOT, pair, half)));
                  }
                }
                writer.assign(at, add(at, COLUMNS_BYTES));
                writer.assign(left, add(left, ROWS_BYTES));
              },
            );
            for (const [i, total] of totals.entries())
              writer.act([...STORE, 4, ...unsigned(16 * i)], target, total);
            writer.assign(target, add(target, SUMS_BYTES));
          },
        );
        writer.assign(block, next);
      },
    );
  });
  const memory = new (wasmApi().Memory)({ initial: 1, maximum: MAXIMUM_PAGES });
  return { memory, functions: module.instantiate(module.compile(), memory) };
}
