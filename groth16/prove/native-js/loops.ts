import type { Bn254 } from '../../curve/bn254-wasm.ts';
import type { Group } from '../../curve/group.ts';
import {
  add,
  and,
  assemble,
  below,
  call,
  constant,
  equal,
  get,
  load,
  or,
  set,
  shiftLeft,
  shiftRight,
  store,
  when,
  whilst,
  xor,
} from './assemble.ts';
import type { Code, ImportedFunction, Local } from './assemble.ts';

// The prover's innermost loops as WebAssembly over wasmcurves' field functions: from JavaScript each call would
// cost tens of nanoseconds as soon as one call site serves both groups.

/**
 * A point in a list: the address of an affine point, a multiple of 32, plus one when its negative is meant.
 * Zero is no point at all.
 */
export const REFERENCE_SIGN = 1;
const ADDRESS = ~31;

/** The two halves of adding many pairs of points, between which the differences are inverted. */
export interface PairLoops {
  /**
   * differences[i] = x(right[i]) − x(left[i]) for `count` pairs; the word at `zeros` becomes nonzero when one
   * of them is zero.
   */
  differences(left: number, right: number, differences: number, count: number, zeros: number): void;
  /**
   * Writes ±left[i] ± right[i] to the address out[i], but with the sign of left[i] left out, so that −P + Q
   * comes as P − Q. `inverses` holds the inverted differences; `temporary` three coordinates of room.
   */
  sums(left: number, right: number, out: number, inverses: number, count: number, temporary: number): void;
}

const binary = (run: ImportedFunction['run']): ImportedFunction => ({ parameters: 3, result: false, run });
const unary = (run: ImportedFunction['run']): ImportedFunction => ({ parameters: 2, result: false, run });

/** The loops of one group over one instance's memory. */
export function createPairLoops(curve: Bn254, group: Group): PairLoops {
  const coordinate = group.coordinateBytes;
  const imports = [
    binary(group.add),
    binary(group.sub),
    binary(group.mul),
    unary(group.square),
    unary(group.copy),
    { parameters: 1, result: true, run: group.isZero },
  ];
  const [ADD, SUB, MUL, SQUARE, COPY, IS_ZERO] = imports.keys();
  const address = (reference: Code): Code => and(reference, constant(ADDRESS));
  const plus = (code: Code, bytes: number): Code => add(code, constant(bytes));
  const step = (local: Local, bytes: number): Code => set(local, plus(get(local), bytes));
  const endOf = (list: Local, count: Local): Code => add(get(list), shiftLeft(get(count), constant(2)));

  const differences = ((): Code => {
    const [left, right, out, count, zeros, end, any] = [0, 1, 2, 3, 4, 5, 6];
    return [
      ...set(end, endOf(left, count)),
      ...whilst(below(get(left), get(end)), [
        ...call(SUB, address(load(get(right))), address(load(get(left))), get(out)),
        ...set(any, or(get(any), call(IS_ZERO, get(out)))),
        ...step(left, 4),
        ...step(right, 4),
        ...step(out, coordinate),
      ]),
      ...store(get(zeros), get(any)),
    ];
  })();

  // With m = (y1 − y2) / (x2 − x1): x3 = m² − x1 − x2 and y3 = m·(x3 − x1) − y1; −Q has −y2.
  const sums = ((): Code => {
    const [left, right, out, inverse, count, slope, end, p, q, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
    const x3 = plus(get(slope), coordinate);
    const y3 = plus(get(slope), 2 * coordinate);
    return [
      ...set(end, endOf(left, count)),
      ...whilst(below(get(left), get(end)), [
        ...set(p, load(get(left))),
        ...set(q, load(get(right))),
        ...set(to, load(get(out))),
        ...when(
          and(xor(get(p), get(q)), constant(REFERENCE_SIGN)),
          call(ADD, plus(address(get(p)), coordinate), plus(address(get(q)), coordinate), get(slope)),
          call(SUB, plus(address(get(p)), coordinate), plus(address(get(q)), coordinate), get(slope)),
        ),
        ...set(p, address(get(p))),
        ...set(q, address(get(q))),
        ...call(MUL, get(slope), get(inverse), get(slope)),
        ...call(SQUARE, get(slope), x3),
        ...call(SUB, x3, get(p), x3),
        ...call(SUB, x3, get(q), x3),
        ...call(SUB, x3, get(p), y3),
        ...call(MUL, get(slope), y3, y3),
        ...call(SUB, y3, plus(get(p), coordinate), plus(get(to), coordinate)),
        ...call(COPY, x3, get(to)),
        ...step(left, 4),
        ...step(right, 4),
        ...step(out, 4),
        ...step(inverse, coordinate),
      ]),
    ];
  })();

  return assemble<keyof PairLoops>(curve.memory, imports, [
    { name: 'differences', parameters: 5, locals: 2, body: differences },
    { name: 'sums', parameters: 6, locals: 4, body: sums },
  ]);
}

/** Transforms in place of `count` field elements, `bytes` of 32 each. */
export interface TransformLoops {
  /** Gentleman–Sande butterflies: bit-reversed order in, natural order out; see fft.ts for the tables. */
  inverse(values: number, bytes: number, table: number): void;
  /** Cooley–Tukey butterflies: natural order in, bit-reversed order out. */
  forward(values: number, bytes: number, table: number): void;
}

const ELEMENT = 32;

/** The loops of both transforms; `temporary` is room for one element. */
export function createTransformLoops(curve: Bn254, temporary: number): TransformLoops {
  const { frm_add, frm_sub, frm_mul, frm_copy } = curve.fn;
  const imports = [binary(frm_add), binary(frm_sub), binary(frm_mul), unary(frm_copy)];
  const [ADD, SUB, MUL, COPY] = imports.keys();
  const [values, bytes, table, half, blockEnd, a, root, end] = [0, 1, 2, 3, 4, 5, 6, 7];
  const keep = constant(temporary);
  const other = add(get(a), get(half));
  const advance = (local: Local): Code => set(local, add(get(local), constant(ELEMENT)));
  /** All blocks of one level: two runs of `half` bytes next to each other, with one root a block. */
  const blocks = (butterfly: Code): Code => [
    ...set(a, get(values)),
    ...whilst(below(get(a), get(end)), [
      ...set(blockEnd, other),
      ...whilst(below(get(a), get(blockEnd)), [...butterfly, ...advance(a)]),
      ...set(a, other),
      ...advance(root),
    ]),
  ];

  const inverse: Code = [
    ...set(end, add(get(values), get(bytes))),
    ...set(half, constant(ELEMENT)),
    ...whilst(below(get(half), get(bytes)), [
      // The same roots serve every level, and the first is one.
      ...set(root, get(table)),
      ...blocks(
        when(
          equal(get(root), get(table)),
          [...call(COPY, get(a), keep), ...call(ADD, keep, other, get(a)), ...call(SUB, keep, other, other)],
          [
            ...call(SUB, get(a), other, keep),
            ...call(ADD, get(a), other, get(a)),
            ...call(MUL, keep, get(root), other),
          ],
        ),
      ),
      ...set(half, shiftLeft(get(half), constant(1))),
    ]),
  ];

  const forward: Code = [
    ...set(end, add(get(values), get(bytes))),
    // Level by level the roots lie one after the other, from the second place on.
    ...set(root, add(get(table), constant(ELEMENT))),
    ...set(half, shiftRight(get(bytes), constant(1))),
    ...whilst(below(constant(ELEMENT - 1), get(half)), [
      ...blocks([
        ...call(MUL, other, get(root), keep),
        ...call(SUB, get(a), keep, other),
        ...call(ADD, get(a), keep, get(a)),
      ]),
      ...set(half, shiftRight(get(half), constant(1))),
    ]),
  ];

  return assemble<keyof TransformLoops>(curve.memory, imports, [
    { name: 'inverse', parameters: 3, locals: 5, body: inverse },
    { name: 'forward', parameters: 3, locals: 5, body: forward },
  ]);
}
