import { thirdX, thirdY, divisor, doubledDivisor, doubledNumerator, numerator } from './chord.ts';
import type { FunctionRef, I32, ModuleWriter, Value, Writer } from './assembler.ts';
import { mulExtended } from './extension.ts';
import type { Extended } from './extension.ts';
import type { FieldFunctions } from './field.ts';
import { integers } from './integers.ts';
import type { WritingMachine } from './kernel.ts';

/**
 * A point in a list: the address of an affine point, a multiple of 32, plus one when its negative is meant.
 * Zero is no point at all.
 */
export const REFERENCE_SIGN = 1;
export const ADDRESS = ~31;

/** Pairs that share one inversion. */
export const BATCH = 2_048;

/** Addresses of one group's working memory. */
export interface PairRoom {
  /** BATCH words each: references of both points, where the sum goes, where its reference goes. */
  readonly left: number;
  readonly right: number;
  readonly out: number;
  readonly place: number;
  /** One word: how many pairs are noted. */
  readonly count: number;
  /** BATCH / lanes slots, and one more: the first holds one. */
  readonly divisors: number;
  readonly prefixes: number;
  /** Slots. */
  readonly running: number;
  readonly inverse: number;
  readonly slope: number;
  readonly squared: number;
  readonly product: number;
  /** A slot with R³/W² in its first part, for wasmcurves' W. */
  readonly toInverse: number;
  /** Five packed elements. */
  readonly packed: number;
}

/** wasmcurves' functions of the same field; addresses of its elements. */
export interface Inverting {
  readonly mul: FunctionRef;
  readonly inverse: FunctionRef;
}

export interface PairFunctions {
  /** prepare(count): divisors and their products; gives one when a divisor is zero. `count` a multiple of the lanes. */
  readonly prepare: FunctionRef;
  /** invert(count): the inverse of all divisors' product. */
  readonly invert: FunctionRef;
  /** finish(count): the sums of pairs. */
  readonly finish: FunctionRef;
}

/**
 * Adds pairs of affine points, `BATCH` at a time, or doubles the left ones: ±left ± right, but with the sign of the left
 * one left out, so that −P + Q comes as P − Q.
 */
export function definePairs<L, S>(
  module: ModuleWriter,
  name: string,
  field: FieldFunctions<L, S>,
  room: PairRoom,
  { mul, inverse }: Inverting,
  doubles: boolean,
): PairFunctions {
  const { kernel, slot, modulus } = field;
  const { lanes } = kernel;
  const step = 4 * lanes;
  const slotsBy = slot / step;

  /** References of all lanes. */
  const references = (writer: Writer, list: number, at: I32): readonly Value<'i32'>[] =>
    Array.from({ length: lanes }, (_, lane) => integers(writer).load(at, list + 4 * lane));
  const addresses = (writer: Writer, list: readonly I32[]): readonly I32[] =>
    list.map((reference) => integers(writer).and(reference, ADDRESS));
  const turnedAll = (
    machine: WritingMachine<L, S>,
    element: Extended<L>,
    flags: readonly I32[],
  ): Extended<L> => element.map((part) => machine.turned(part, flags));

  const prepare = module.define(`${name}_prepare`, ['i32'], 'i32', (writer, count) => {
    const { add, or, mul: times, below, shiftLeft } = integers(writer);
    const at = writer.variable(0, 'i32');
    const zero = writer.variable(0, 'i32');
    const end = shiftLeft(count as Value<'i32'>, 2);
    writer.whilst(
      () => below(at, end),
      () => {
        const machine = kernel.machine(writer);
        const p = addresses(writer, references(writer, room.left, at));
        const d = doubles
          ? doubledDivisor(machine, modulus, field.unpack(machine, p, field.packed))
          : divisor(
              machine,
              field.unpack(machine, p),
              field.unpack(machine, addresses(writer, references(writer, room.right, at))),
            );
        writer.assign(zero, or(zero, machine.anyZero(d.flat())));
        const offset = times(at, slotsBy);
        field.store(machine, add(offset, room.divisors), d);
        const before = add(offset, room.prefixes);
        writer.run(field.mul, before, add(offset, room.divisors), add(before, slot));
        writer.assign(at, add(at, step));
      },
    );
    writer.giveBack(zero);
  });

  const invert = module.define(`${name}_invert`, ['i32'], undefined, (writer, count) => {
    const machine = kernel.machine(writer);
    const { add, mul: times } = integers(writer);
    const last = add(times(count as Value<'i32'>, slot / lanes), room.prefixes);
    const places = Array.from({ length: lanes }, (_, lane) => room.packed + lane * field.packed);
    field.pack(machine, places, field.load(machine, last));
    const [a, b] = places;
    const [product, inverted, other] = [0, 1, 2].map((place) => room.packed + (lanes + place) * field.packed);
    if (lanes === 1) writer.run(inverse, a, inverted);
    else {
      writer.run(mul, a, b, product);
      writer.run(inverse, product, other);
      // 1/a = b/(a·b), and the other way round.
      writer.run(mul, other, b, inverted);
      writer.run(mul, other, a, b);
    }
    const value = field.unpack(machine, lanes === 1 ? [inverted] : [inverted, b]);
    const [scale] = field.load(machine, room.toInverse);
    field.store(
      machine,
      room.running,
      value.map((part) => mulExtended(machine, modulus, [part], [scale])[0]),
    );
  });

  const finish = module.define(`${name}_finish`, ['i32'], undefined, (writer, count) => {
    const { add, sub, xor, and, mul: times, shiftLeft } = integers(writer);
    const at = writer.variable(shiftLeft(count as Value<'i32'>, 2), 'i32');
    writer.whilst(
      () => at,
      () => {
        writer.assign(at, sub(at, step));
        const offset = times(at, slotsBy);
        writer.run(field.mul, room.running, add(offset, room.prefixes), room.inverse);
        writer.run(field.mul, room.running, add(offset, room.divisors), room.running);
        const machine = kernel.machine(writer);
        const left = references(writer, room.left, at);
        const p = addresses(writer, left);
        const to = references(writer, room.out, at);
        const right = doubles ? left : references(writer, room.right, at);
        const q = addresses(writer, right);
        if (doubles)
          field.store(machine, room.slope, doubledNumerator(machine, modulus, field.unpack(machine, p)));
        else {
          const flags = left.map((reference, lane) => and(xor(reference, right[lane]), REFERENCE_SIGN));
          const y1 = field.unpack(machine, p, field.packed);
          const y2 = turnedAll(machine, field.unpack(machine, q, field.packed), flags);
          field.store(machine, room.slope, numerator(machine, y1, y2));
        }
        writer.run(field.mul, room.slope, room.inverse, room.slope);
        writer.run(field.square, room.slope, room.squared);
        const x1 = field.unpack(machine, p);
        const x2 = doubles ? x1 : field.unpack(machine, q);
        const y1 = field.unpack(machine, p, field.packed);
        const x3 = field.pack(machine, to, thirdX(machine, field.load(machine, room.squared), x1, x2));
        field.store(machine, room.product, divisor(machine, x1, x3));
        writer.run(field.mul, room.slope, room.product, room.product);
        field.pack(machine, to, thirdY(machine, field.load(machine, room.product), y1), field.packed);
      },
    );
  });
  return { prepare, invert, finish };
}
