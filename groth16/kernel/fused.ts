import { wasmApi } from '../curve/bn254-wasm.ts';
import { createModuleWriter, unsigned } from './assembler.ts';
import type { Operand, Value, Writer } from './assembler.ts';
import type { Kernel, WritingMachine } from './kernel.ts';

// Two elements side by side in limbs of 51 bits, held as doubles and multiplied with fused multiply-add.
//
// A product of two limbs, |a · b| ≤ 2^102, comes in two halves. Around C1 = 1.5 · 2^103 doubles are 2^51 apart, so
// fma(a, b, C1) is C1 + h · 2^51 with h = round(a · b / 2^51), |h| ≤ 2^51, and its bits, as an integer, are those of C1
// plus h. C2 − that, for C2 = C1 + 1.5 · 2^52, is (3 − h) · 2^51 and exact, and fma(a, b, C2 − that) is
// a · b − h · 2^51 + 1.5 · 2^52 with |a · b − h · 2^51| ≤ 2^50: exact too, since doubles are 1 apart in [2^52, 2^53], and
// its bits are those of 1.5 · 2^52 plus the low half. So halves are added up as integers, bits and all; what the
// constants' bits come to is known when the code is written, and taken away once, where the sum is used.

type V = Value<'v128'>;

/** Bits of a sum, with `bias` too much in them, modulo 2^64. */
export interface FusedSum {
  /** None for zero. */
  readonly value: V | undefined;
  readonly bias: bigint;
}

const simd = (code: number): readonly number[] => [
  0xfd,
  ...(code < 0x80 ? [code] : [(code & 0x7f) | 0x80, code >> 7]),
];
const OPS = {
  constant: simd(0x0c),
  load: simd(0x00),
  store: simd(0x0b),
  loadFirst: simd(0x5d),
  loadLane: simd(0x57),
  storeLane: simd(0x5b),
  splat: simd(0x12),
  replaceLane: simd(0x1e),
  shuffle: simd(0x0d),
  anyTrue: simd(0x53),
  and: simd(0x4e),
  or: simd(0x50),
  xor: simd(0x51),
  shiftLeft: simd(0xcb),
  shiftRight: simd(0xcd),
  addIntegers: simd(0xce),
  equal: simd(0xd6),
  below: simd(0xd8),
  add: simd(0xf0),
  sub: simd(0xf1),
  fma: simd(0x107),
} as const;
const EXTEND = [0xad];
const SHIFT_I64 = [0x86];

const BITS = 51;
const B = 2 ** BITS;
const HIGH = 1.5 * 2 ** 103;
const LOW = 1.5 * 2 ** 52;
/** Doubles from here to twice it are 1 apart. */
const UNIT = 2 ** 52;

const bitsOf = (() => {
  const view = new DataView(new ArrayBuffer(8));
  return (double: number): bigint => {
    view.setFloat64(0, double);
    return view.getBigUint64(0);
  };
})();
const HIGH_BITS = bitsOf(HIGH);
const LOW_BITS = bitsOf(LOW);
/** Makes any sum positive: they stay below 2^57 (bounds.ts). */
const UP = 1n << 62n;
const word = (value: bigint): bigint => BigInt.asUintN(64, value);

export const FUSED: Kernel<V, FusedSum> = {
  name: 'fused',
  shape: { bits: BITS, limbs: 5 },
  lanes: 2,
  limbBytes: 16,
  putLimb(view, at, limb, lane) {
    for (const each of lane === undefined ? [0, 1] : [lane])
      view.setFloat64(at + 8 * each, Number(limb), true);
  },
  getLimb: (view, at, lane) => BigInt(view.getFloat64(at + 8 * lane, true)),
  machine: fusedMachine,
};

/**
 * Whether this engine has relaxed multiply-add and this machine fuses it, found by computing: rounded twice,
 * (1 + 2^−30)(1 − 2^−30) − 1 = −2^−60 is zero.
 */
export function fuses(): boolean {
  fused ??= computesFused();
  return fused;
}
let fused: boolean | undefined;

function computesFused(): boolean {
  const module = createModuleWriter();
  module.define('fma', ['i32'], undefined, (writer, at) => {
    const [a, b, c] = [0, 16, 32].map((offset) =>
      writer.op('v128', [...OPS.load, 4, ...unsigned(offset)], at),
    );
    writer.act([...OPS.store, 4, 0], at, writer.op('v128', OPS.fma, a, b, c));
  });
  const memory = new (wasmApi().Memory)({ initial: 1, maximum: 1 });
  const numbers = new Float64Array(memory.buffer, 0, 6);
  const small = 2 ** -30;
  try {
    const { fma } = module.instantiate(module.compile(), memory);
    numbers.set([1 + small, 1 - small, 1 - small, 1 + small, -1, -1]);
    fma(0);
  } catch {
    // An engine that doesn't know the instruction refuses the module.
    return false;
  }
  return numbers[0] === -(small ** 2) && numbers[1] === numbers[0];
}

function fusedMachine(writer: Writer): WritingMachine<V, FusedSum> {
  const op = (code: readonly number[], ...operands: readonly Operand[]): V =>
    writer.op('v128', code, ...operands);
  const known = new Map<bigint, V>();
  /** The same 64 bits in both lanes. */
  const bits = (value: bigint): V => {
    const made =
      known.get(word(value)) ?? op([...OPS.constant, ...bytesOf(word(value)), ...bytesOf(word(value))]);
    known.set(word(value), made);
    return made;
  };
  const double = (value: number): V => bits(bitsOf(value));
  /** sum + extra, without the bias. */
  const settled = ({ value, bias }: FusedSum, extra: bigint): V => {
    const missing = word(extra - bias);
    if (value === undefined) return bits(missing);
    return missing === 0n ? value : op(OPS.addIntegers, value, bits(missing));
  };
  const sum = (a: FusedSum, b: FusedSum): FusedSum => ({
    value:
      a.value === undefined
        ? b.value
        : b.value === undefined
          ? a.value
          : op(OPS.addIntegers, a.value, b.value),
    bias: word(a.bias + b.bias),
  });
  const exact = (value: V): FusedSum => ({ value, bias: 0n });
  const lowBits = (value: V): V => op(OPS.and, value, bits(BigInt(B) - 1n));
  /** An integer in [0, B) plus 2^52, as a double. */
  const upon52 = (value: V): V => op(OPS.or, value, double(UNIT));
  const halves = (a: V, b: V): readonly [high: V, low: V] => {
    const high = op(OPS.fma, a, b, double(HIGH));
    return [high, op(OPS.fma, a, b, op(OPS.sub, double(HIGH + LOW), high))];
  };
  /** floor(value / B) of something shifted up. */
  const carried = (shifted: V): FusedSum => ({
    value: op(OPS.shiftRight, shifted, BITS),
    bias: UP >> BigInt(BITS),
  });
  return {
    ...FUSED.shape,
    limbOf: (value) => double(Number(value)),
    add: (a, b) => op(OPS.add, a, b),
    sub: (a, b) => op(OPS.sub, a, b),
    zero: { value: undefined, bias: 0n },
    sum,
    product(sums, place, a, b) {
      const [high, low] = halves(a, b);
      sums[place + 1] = sum(sums[place + 1], { value: high, bias: HIGH_BITS });
      sums[place] = sum(sums[place], { value: low, bias: LOW_BITS });
    },
    sumOf: (limb) => ({ value: op(OPS.add, limb, double(LOW)), bias: LOW_BITS }),
    limb: (value) => op(OPS.sub, settled(value, LOW_BITS), double(LOW)),
    carry: (value) => carried(settled(value, UP)),
    rest: (value) => exact(lowBits(settled(value, 0n))),
    balanced(value) {
      const shifted = settled(value, UP + BigInt(B) / 2n);
      return [op(OPS.sub, upon52(lowBits(shifted)), double(UNIT + B / 2)), carried(shifted)];
    },
    quotient(value, factor) {
      const digit = op(OPS.sub, upon52(lowBits(settled(value, 0n))), double(UNIT));
      return op(OPS.sub, halves(digit, factor)[1], double(LOW));
    },
    nearest(top, p) {
      const rounded = op(OPS.fma, top, double(2 ** (BITS * 4) / Number(p)), double(LOW));
      return op(OPS.sub, rounded, double(LOW));
    },
    // Not more than doubles hold: the product is exact, and so is the difference.
    less: (a, k, b) => op(OPS.fma, op(OPS.sub, double(0), k), b, a),
    settle(limb, next) {
      const high = op(OPS.sub, op(OPS.add, limb, double(HIGH)), double(HIGH));
      return [op(OPS.sub, limb, high), op(OPS.fma, high, double(1 / B), next)];
    },
    sumWhereNegative(value, condition, extra) {
      const negative = op(OPS.below, settled(condition, 0n), bits(0n));
      return sum(value, exact(op(OPS.and, negative, bits(extra))));
    },
    shiftLeft: (value, by) => exact(op(OPS.shiftLeft, settled(value, 0n), by)),
    shiftRight: (value, by) => exact(op(OPS.shiftRight, settled(value, 0n), by)),
    either: (a, b) => exact(op(OPS.or, settled(a, 0n), settled(b, 0n))),
    loadLimb: (slot, offset) => op([...OPS.load, 4, ...unsigned(offset)], slot),
    storeLimb: (slot, offset, limb) => writer.act([...OPS.store, 4, ...unsigned(offset)], slot, limb),
    loadWord([a, b], offset) {
      const first = op([...OPS.loadFirst, 3, ...unsigned(offset)], a);
      return exact(op([...OPS.loadLane, 3, ...unsigned(offset), 1], b, first));
    },
    storeWord(lanes, offset, value) {
      const stored = settled(value, 0n);
      lanes.forEach((at, lane) => writer.act([...OPS.storeLane, 3, ...unsigned(offset), lane], at, stored));
    },
    anyZero(element) {
      const all = element.reduce((a, b) => op(OPS.or, a, b));
      // x − x is +0.
      return writer.op('i32', OPS.anyTrue, op(OPS.equal, all, bits(0n)));
    },
    spread: (limb, lane) =>
      op([...OPS.shuffle, ...Array.from({ length: 16 }, (_, byte) => 8 * lane + (byte % 8))], limb, limb),
    turned(element, [a, b]) {
      const signBit = (flag: typeof a): Value<'i64'> =>
        writer.op('i64', SHIFT_I64, writer.op('i64', EXTEND, flag), writer.op('i64', [0x42, 63]));
      const mask = op([...OPS.replaceLane, 1], op(OPS.splat, signBit(a)), signBit(b));
      return element.map((limb) => op(OPS.xor, limb, mask));
    },
  };
}

function bytesOf(value: bigint): readonly number[] {
  return Array.from({ length: 8 }, (_, byte) => Number((value >> BigInt(8 * byte)) & 0xffn));
}
