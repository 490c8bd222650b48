import { add, canonical, packed, reduce, sub, sumOfProducts, unpacked } from './arithmetic.ts';
import type { Element } from './arithmetic.ts';
import type { FunctionRef, I32, ModuleWriter, Value, Writer } from './assembler.ts';
import { PACKED, defineField } from './field.ts';
import type { FieldFunctions } from './field.ts';
import { integers } from './integers.ts';
import type { Kernel, WritingMachine } from './kernel.ts';
import { SCALAR_FIELD } from '../formats/bn254.ts';

// Vectors of N = lanes · M elements of the scalar field, in M slots: slot j has the elements j and, in the second lane,
// M + j. So all levels of a transform but the one that joins the two halves work on both lanes alike.

/** Names of the functions over vectors; see {@link defineVectors}. */
export type VectorFunction = 'enter' | 'multiply' | 'inverse' | 'forward' | 'quotient';

const WORDS = [0, 8, 16, 24];

/**
 * enter(first, second, out, slots, factor): packed elements, one list a lane, times the factor in a slot over R, nearest to
 * zero. multiply(a, b, out, slots). inverse(values, slots, table): Gentleman–Sande butterflies, bit-reversed order in,
 * natural order out; forward(values, slots, table): Cooley–Tukey butterflies the other way round. Tables hold a slot for
 * each block of each level in the order of the levels; with two lanes the forward one begins with the factors, one and a
 * root, of the level that joins the lanes. quotient(a, b, c, first, second, slots, factors): (a·b + c·factor₀)·factor₁,
 * packed, one list a lane.
 */
export function defineVectors<L, S>(module: ModuleWriter, kernel: Kernel<L, S>): FieldFunctions<L, S> {
  const field = defineField(module, 'fr', kernel, SCALAR_FIELD, 1);
  const { modulus, slot } = field;
  const { lanes } = kernel;
  const define = (
    name: VectorFunction,
    parameters: number,
    write: (writer: Writer, ...parameters: readonly Value<'i32'>[]) => void,
  ): FunctionRef =>
    module.define(
      `fr_${name}`,
      Array.from({ length: parameters }, () => 'i32' as const),
      undefined,
      (writer, ...values) => write(writer, ...(values as readonly Value<'i32'>[])),
    );
  const one = (machine: WritingMachine<L, S>, at: I32): Element<L> => field.load(machine, at)[0];
  const put = (machine: WritingMachine<L, S>, at: I32, element: Element<L>): void =>
    field.store(machine, at, [element]);
  const times = (machine: WritingMachine<L, S>, a: Element<L>, b: Element<L>): Element<L> =>
    sumOfProducts(machine, modulus, [[a, b]]);
  /** Runs `body` with the bytes of slots before each of them. */
  const eachSlot = (
    writer: Writer,
    slots: I32,
    body: (offset: Value<'i32'>, place: Value<'i32'>) => void,
  ): void => {
    const { add: plus, below, mul } = integers(writer);
    const place = writer.variable(0, 'i32');
    writer.whilst(
      () => below(place, slots),
      () => {
        body(mul(place, slot), mul(place, PACKED));
        writer.assign(place, plus(place, 1));
      },
    );
  };
  const lists = (first: Value<'i32'>, second: Value<'i32'>): readonly Value<'i32'>[] =>
    [first, second].slice(0, lanes);

  define('enter', 5, (writer, first, second, out, slots, factor) => {
    const { add: plus } = integers(writer);
    eachSlot(writer, slots, (offset, place) => {
      const machine = kernel.machine(writer);
      const from = lists(first, second).map((list) => plus(list, place));
      const value = unpacked(
        machine,
        WORDS.map((word) => machine.loadWord(from, word)),
      );
      put(machine, plus(out, offset), reduce(machine, modulus, times(machine, value, one(machine, factor))));
    });
  });

  define('multiply', 4, (writer, a, b, out, slots) => {
    const { add: plus } = integers(writer);
    eachSlot(writer, slots, (offset) => {
      const machine = kernel.machine(writer);
      const product = times(machine, one(machine, plus(a, offset)), one(machine, plus(b, offset)));
      put(machine, plus(out, offset), product);
    });
  });

  /** From the lanes (a, b) to (a + b, a − b). */
  const joined = (machine: WritingMachine<L, S>, both: Element<L>): Element<L> => {
    const lane = (which: 0 | 1): Element<L> => both.map((limb) => machine.spread(limb, which));
    return add(machine, lane(0), machine.turned(lane(1), [0, 1]));
  };
  /** All blocks of one level: two runs of `half` bytes next to each other, with one root a block. */
  const blocks = (
    writer: Writer,
    {
      values,
      end,
      half,
      root,
    }: Readonly<Record<'values' | 'end' | 'half', Value<'i32'>>> & {
      readonly root: ReturnType<typeof writer.variable<'i32'>>;
    },
    butterfly: (machine: WritingMachine<L, S>, a: Value<'i32'>, b: Value<'i32'>, root: Element<L>) => void,
  ): void => {
    const { add: plus, below } = integers(writer);
    const a = writer.variable(values, 'i32');
    writer.whilst(
      () => below(a, end),
      () => {
        const blockEnd = plus(a, half);
        writer.whilst(
          () => below(a, blockEnd),
          () => {
            const machine = kernel.machine(writer);
            butterfly(machine, a, plus(a, half), one(machine, root));
            writer.assign(a, plus(a, slot));
          },
        );
        writer.assign(a, plus(a, half));
        writer.assign(root, plus(root, slot));
      },
    );
  };

  define('inverse', 3, (writer, values, slots, table) => {
    const { add: plus, below, mul, shiftLeft } = integers(writer);
    const bytes = mul(slots, slot);
    const end = plus(values, bytes);
    const root = writer.variable(table, 'i32');
    const half = writer.variable(slot, 'i32');
    writer.whilst(
      () => below(half, bytes),
      () => {
        blocks(writer, { values, end, half, root }, (machine, at, other, factor) => {
          const [a, b] = [one(machine, at), one(machine, other)];
          put(machine, at, reduce(machine, modulus, add(machine, a, b)));
          put(machine, other, times(machine, sub(machine, a, b), factor));
        });
        writer.assign(half, shiftLeft(half, 1));
      },
    );
    if (lanes === 1) return;
    eachSlot(writer, slots, (offset) => {
      const machine = kernel.machine(writer);
      const at = plus(values, offset);
      put(machine, at, reduce(machine, modulus, joined(machine, one(machine, at))));
    });
  });

  define('forward', 3, (writer, values, slots, table) => {
    const { add: plus, mul, shiftRight } = integers(writer);
    const end = plus(values, mul(slots, slot));
    const root = writer.variable(table, 'i32');
    if (lanes === 2) {
      eachSlot(writer, slots, (offset) => {
        const machine = kernel.machine(writer);
        const at = plus(values, offset);
        put(machine, at, joined(machine, times(machine, one(machine, at), one(machine, table))));
      });
      writer.assign(root, plus(table, slot));
    }
    const run = writer.variable(shiftRight(slots, 1), 'i32');
    writer.whilst(
      () => run,
      () => {
        blocks(writer, { values, end, half: mul(run, slot), root }, (machine, at, other, factor) => {
          const product = times(machine, one(machine, other), factor);
          const a = reduce(machine, modulus, one(machine, at));
          put(machine, at, add(machine, a, product));
          put(machine, other, sub(machine, a, product));
        });
        writer.assign(run, shiftRight(run, 1));
      },
    );
  });

  define('quotient', 7, (writer, a, b, c, first, second, slots, factors) => {
    const { add: plus } = integers(writer);
    eachSlot(writer, slots, (offset, place) => {
      const machine = kernel.machine(writer);
      const [scale, last] = [one(machine, factors), one(machine, plus(factors, slot))];
      const [left, right, product] = [a, b, c].map((vector) =>
        reduce(machine, modulus, one(machine, plus(vector, offset))),
      );
      const value = sumOfProducts(machine, modulus, [
        [left, right],
        [product, scale],
      ]);
      const digits = canonical(machine, modulus, times(machine, value, last));
      const to = lists(first, second).map((list) => plus(list, place));
      packed(machine, digits).forEach((word, index) => machine.storeWord(to, WORDS[index], word));
    });
  });
  return field;
}
