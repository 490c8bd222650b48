import { signed, unsigned } from './assembler.ts';
import type { Value, Writer } from './assembler.ts';
import type { Kernel, WritingMachine } from './kernel.ts';

// One element in limbs of 29 bits, multiplied as integers of 64 bits: for machines that don't fuse.

type V = Value<'i64'>;
/** None for zero. */
export type WideSum = V | undefined;

const OPS = {
  load32: 0x34,
  store32: 0x3e,
  load: 0x29,
  store: 0x37,
  constant: 0x42,
  isZero: 0x50,
  add: 0x7c,
  sub: 0x7d,
  mul: 0x7e,
  and: 0x83,
  or: 0x84,
  xor: 0x85,
  shiftLeft: 0x86,
  shiftSigned: 0x87,
  shiftRight: 0x88,
} as const;
const EXTEND = 0xad;

const BITS = 29;

export const WIDE: Kernel<V, WideSum> = {
  name: 'wide',
  shape: { bits: BITS, limbs: 9 },
  lanes: 1,
  limbBytes: 4,
  putLimb: (view, at, limb) => view.setInt32(at, Number(limb), true),
  getLimb: (view, at) => BigInt(view.getInt32(at, true)),
  machine: wideMachine,
};

function wideMachine(writer: Writer): WritingMachine<V, WideSum> {
  const op = (code: number, ...operands: readonly V[]): V => writer.op('i64', [code], ...operands);
  const constant = (value: bigint): V => writer.op('i64', [OPS.constant, ...signed(value)]);
  const by = (code: number, value: V, count: number): V => op(code, value, constant(BigInt(count)));
  const some = (value: WideSum): V => value ?? constant(0n);
  const sum = (a: WideSum, b: WideSum): WideSum =>
    a === undefined ? b : b === undefined ? a : op(OPS.add, a, b);
  /** The lowest bits with their sign. */
  const low = (value: V): V => by(OPS.shiftSigned, by(OPS.shiftLeft, value, 64 - BITS), 64 - BITS);
  const high = (value: V): V => by(OPS.shiftSigned, value, BITS);
  /** round(2^(29 · 8 + shift) / p) fits with a limb of 2^27 into 63 bits. */
  const RECIPROCAL_SHIFT = 50;
  return {
    ...WIDE.shape,
    limbOf: constant,
    add: (a, b) => op(OPS.add, a, b),
    sub: (a, b) => op(OPS.sub, a, b),
    zero: undefined,
    sum,
    product(sums, place, a, b) {
      sums[place] = sum(sums[place], op(OPS.mul, a, b));
    },
    sumOf: (limb) => limb,
    limb: some,
    carry: (value) => high(some(value)),
    rest: (value) => op(OPS.and, some(value), constant((1n << BigInt(BITS)) - 1n)),
    balanced: (value) => [low(some(value)), high(op(OPS.add, some(value), constant(1n << BigInt(BITS - 1))))],
    quotient: (value, factor) => low(op(OPS.mul, some(value), factor)),
    nearest(top, p) {
      const reciprocal = (1n << BigInt(BITS * 8 + RECIPROCAL_SHIFT)) / p;
      const half = constant(1n << BigInt(RECIPROCAL_SHIFT - 1));
      return by(OPS.shiftSigned, op(OPS.add, op(OPS.mul, top, constant(reciprocal)), half), RECIPROCAL_SHIFT);
    },
    less: (a, k, b) => op(OPS.sub, a, op(OPS.mul, k, b)),
    settle: (limb, next) => [
      low(limb),
      op(OPS.add, next, high(op(OPS.add, limb, constant(1n << BigInt(BITS - 1))))),
    ],
    sumWhereNegative: (value, condition, extra) =>
      sum(value, op(OPS.and, by(OPS.shiftSigned, some(condition), 63), constant(extra))),
    shiftLeft: (value, count) => by(OPS.shiftLeft, some(value), count),
    shiftRight: (value, count) => by(OPS.shiftRight, some(value), count),
    either: (a, b) => op(OPS.or, some(a), some(b)),
    loadLimb: (slot, offset) => writer.op('i64', [OPS.load32, 2, ...unsigned(offset)], slot),
    storeLimb: (slot, offset, limb) => writer.act([OPS.store32, 2, ...unsigned(offset)], slot, limb),
    loadWord: ([at], offset) => writer.op('i64', [OPS.load, 3, ...unsigned(offset)], at),
    storeWord: ([at], offset, value) => writer.act([OPS.store, 3, ...unsigned(offset)], at, some(value)),
    anyZero: (element) =>
      writer.op(
        'i32',
        [OPS.isZero],
        element.reduce((a, b) => op(OPS.or, a, b)),
      ),
    spread: (limb) => limb,
    turned(element, [flag]) {
      const mask = op(OPS.sub, constant(0n), writer.op('i64', [EXTEND], flag));
      return element.map((limb) => op(OPS.sub, op(OPS.xor, limb, mask), mask));
    },
  };
}
