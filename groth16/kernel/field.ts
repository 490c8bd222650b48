import { canonical, packed, sumOfProducts, unpacked } from './arithmetic.ts';
import type { I32, FunctionRef, ModuleWriter, Value, Writer } from './assembler.ts';
import { mulExtended, squareExtended } from './extension.ts';
import type { Extended } from './extension.ts';
import { integers } from './integers.ts';
import { slotBytes } from './kernel.ts';
import type { Kernel, WritingMachine } from './kernel.ts';
import { balancedLimbs, modulusOf } from './modulus.ts';
import type { Modulus } from './modulus.ts';

/** Bytes of a canonical element, R times its value below p, in memory. */
export const PACKED = 32;

/** A field of one kernel, or its quadratic extension, as functions of a module; slots hold an element of all lanes. */
export interface FieldFunctions<L, S> {
  readonly kernel: Kernel<L, S>;
  readonly modulus: Modulus;
  /** 1, or 2 for the extension. */
  readonly parts: 1 | 2;
  /** Bytes of a slot. */
  readonly slot: number;
  /** Bytes of a packed element. */
  readonly packed: number;
  /** mul(a, b, out): slots, any of them the same. */
  readonly mul: FunctionRef;
  /** square(a, out). */
  readonly square: FunctionRef;
  /** convert(from, to, bytes, factor): packed elements times the factor in a slot, over R; `bytes` above zero. */
  readonly convert: FunctionRef;
  load(machine: WritingMachine<L, S>, slot: I32): Extended<L>;
  store(machine: WritingMachine<L, S>, slot: I32, element: Extended<L>): void;
  /** Reads a packed element from each lane's address. */
  unpack(machine: WritingMachine<L, S>, lanes: readonly I32[], offset?: number): Extended<L>;
  /** Makes an element canonical and writes it to each lane's address. */
  pack(
    machine: WritingMachine<L, S>,
    lanes: readonly I32[],
    element: Extended<L>,
    offset?: number,
  ): Extended<L>;
}

export function defineField<L, S>(
  module: ModuleWriter,
  name: string,
  kernel: Kernel<L, S>,
  p: bigint,
  parts: 1 | 2,
): FieldFunctions<L, S> {
  const modulus = modulusOf(p, kernel.shape);
  const partBytes = slotBytes(kernel);
  const { limbBytes, lanes } = kernel;
  const { limbs } = kernel.shape;
  const slot = parts * partBytes;
  const load: FieldFunctions<L, S>['load'] = (machine, at) =>
    Array.from({ length: parts }, (_, part) =>
      Array.from({ length: limbs }, (_limb, j) => machine.loadLimb(at, part * partBytes + j * limbBytes)),
    );
  const store: FieldFunctions<L, S>['store'] = (machine, at, element) =>
    element.forEach((limbsOf, part) =>
      limbsOf.forEach((limb, j) => machine.storeLimb(at, part * partBytes + j * limbBytes, limb)),
    );
  const unpack: FieldFunctions<L, S>['unpack'] = (machine, at, offset = 0) =>
    Array.from({ length: parts }, (_, part) =>
      unpacked(
        machine,
        [0, 8, 16, 24].map((word) => machine.loadWord(at, offset + part * PACKED + word)),
      ),
    );
  const pack: FieldFunctions<L, S>['pack'] = (machine, at, element, offset = 0) =>
    element.map((part, index) => {
      const digits = canonical(machine, modulus, part);
      packed(machine, digits).forEach((word, place) =>
        machine.storeWord(at, offset + index * PACKED + 8 * place, word),
      );
      return digits.map((digit) => machine.limb(digit));
    });
  const mul = module.define(`${name}_mul`, ['i32', 'i32', 'i32'], undefined, (writer, a, b, out) => {
    const machine = kernel.machine(writer);
    store(
      machine,
      slotOf(out),
      mulExtended(machine, modulus, load(machine, slotOf(a)), load(machine, slotOf(b))),
    );
  });
  const square = module.define(`${name}_square`, ['i32', 'i32'], undefined, (writer, a, out) => {
    const machine = kernel.machine(writer);
    store(machine, slotOf(out), squareExtended(machine, modulus, load(machine, slotOf(a))));
  });
  const convert = module.define(
    `${name}_convert`,
    ['i32', 'i32', 'i32', 'i32'],
    undefined,
    (writer, from, to, bytes, factor) => {
      const { add, sub, below } = integers(writer);
      const at = writer.variable(0, 'i32');
      const last = sub(slotOf(bytes), PACKED);
      writer.whilst(
        () => below(at, slotOf(bytes)),
        () => {
          const machine = kernel.machine(writer);
          // A lane too many does the last one again.
          const places = [at, ...(lanes === 2 ? [lesser(writer, add(at, PACKED), last)] : [])];
          const [scale] = load(machine, slotOf(factor));
          const words = (lane: readonly I32[]) => [0, 8, 16, 24].map((word) => machine.loadWord(lane, word));
          const value = unpacked(machine, words(places.map((place) => add(slotOf(from), place))));
          const digits = canonical(machine, modulus, sumOfProducts(machine, modulus, [[value, scale]]));
          const out = places.map((place) => add(slotOf(to), place));
          packed(machine, digits).forEach((word, place) => machine.storeWord(out, 8 * place, word));
          writer.assign(at, add(at, lanes * PACKED));
        },
      );
    },
  );
  return {
    kernel,
    modulus,
    parts,
    slot,
    packed: parts * PACKED,
    mul,
    square,
    convert,
    load,
    store,
    unpack,
    pack,
  };
}

/** a when it is below b, or else b. */
function lesser(writer: Writer, a: I32, b: I32): Value<'i32'> {
  return writer.op('i32', [0x1b], a, b, integers(writer).below(a, b));
}

/** Writes a number to the first part of a slot, to all lanes or to one. */
export function putSlot(view: DataView, kernel: Kernel, at: number, value: bigint, lane?: number): void {
  balancedLimbs(value, kernel.shape).forEach((limb, j) =>
    kernel.putLimb(view, at + j * kernel.limbBytes, limb, lane),
  );
}

/** A parameter that is an address. */
export function slotOf(value: Value): I32 {
  return value as Value<'i32'>;
}
