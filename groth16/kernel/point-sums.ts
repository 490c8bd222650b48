import type { Bn254 } from '../curve/bn254-wasm.ts';
import type { GroupName } from '../curve/group.ts';
import { BASE_FIELD } from '../formats/bn254.ts';
import type { Functions, ModuleWriter } from './assembler.ts';
import { defineField, putSlot } from './field.ts';
import { radixOf } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import { inverseMod, mod } from './modulus.ts';
import { ADDRESS, BATCH, REFERENCE_SIGN, definePairs } from './pairs.ts';
import type { PairRoom } from './pairs.ts';
import { defineSums } from './sums.ts';

/** Groups of references to points, in the memory: group g has list[starts[g]] to list[starts[g + 1] − 1]. */
export interface Groups {
  /** Addresses of words. */
  readonly list: number;
  /** One more than there are groups. */
  readonly starts: number;
  readonly groups: number;
}

/** Sums of affine points of one group in a kernel's form: R times each coordinate, canonical. */
export interface PointSums {
  readonly group: GroupName;
  readonly pointBytes: number;
  /**
   * Adds up each group: afterwards `list[starts[g]]` refers to the sum of group g if it has any references, and is zero
   * for infinity. Sums lie from `at` on, in room for half as many points as there are references; `scratch` is room for
   * two words a group.
   */
  sum(groups: Groups, at: number, scratch: number): void;
  /** From wasmcurves' form to the kernel's, `points` of them; in place if the addresses are equal. */
  enter(from: number, to: number, points: number): void;
  /** Back. */
  leave(from: number, to: number, points: number): void;
}

/** wasmcurves' R. */
const W = 1n << 256n;

/** Defines the functions of one group; what is given back takes them once the module is compiled. */
export function definePointSums<L, S>(
  module: ModuleWriter,
  curve: Bn254,
  kernel: Kernel<L, S>,
  name: GroupName,
): (functions: () => Functions) => PointSums {
  const parts = name === 'g1' ? 1 : 2;
  const prefix = name === 'g1' ? 'f1m' : 'f2m';
  const field = defineField(module, prefix, kernel, BASE_FIELD, parts);
  const { slot, packed } = field;
  const pointBytes = 2 * packed;
  const slots = (count: number): number => curve.alloc(count * slot);
  const words = (count: number): number => curve.alloc(count * 4);
  const perLane = BATCH / kernel.lanes;
  const room: PairRoom = {
    left: words(BATCH),
    right: words(BATCH),
    out: words(BATCH),
    place: words(BATCH),
    count: words(1),
    divisors: slots(perLane),
    prefixes: slots(perLane + 1),
    running: slots(1),
    inverse: slots(1),
    slope: slots(1),
    squared: slots(1),
    product: slots(1),
    toInverse: slots(1),
    packed: curve.alloc(5 * packed),
  };
  const [enterFactor, leaveFactor] = [slots(1), slots(1)];
  const R = radixOf(kernel);
  const inverseW = inverseMod(W, BASE_FIELD);
  const put = (at: number, value: bigint): void => {
    curve.bytes(at, slot).fill(0);
    putSlot(new DataView(curve.memory.buffer), kernel, at, mod(value, BASE_FIELD));
  };
  put(room.prefixes, R);
  put(room.toInverse, R ** 3n * inverseW ** 2n);
  put(enterFactor, R ** 2n * inverseW);
  put(leaveFactor, W);
  curve.bytes(room.count, 4).fill(0);

  // Two points with different x, the second with a y to divide by, and room for their sum.
  const padding = { left: curve.alloc(3 * pointBytes), right: 0, out: 0 };
  padding.right = padding.left + pointBytes;
  padding.out = padding.right + pointBytes;
  curve.bytes(padding.left, 3 * pointBytes).fill(0);
  for (const at of [padding.right, padding.right + packed]) curve.bytes(at, 1)[0] = 1;

  const inverting = {
    mul: module.import(`${prefix}_mul`, 3, undefined, curve.fn[`${prefix}_mul`]),
    inverse: module.import(`${prefix}_inverse`, 2, undefined, curve.fn[`${prefix}_inverse`]),
  };
  let compiled: () => Functions;
  const exceptions = module.import(`${name}_exceptions`, 1, undefined, (count) => {
    const memory = new Uint32Array(curve.memory.buffer);
    const at = (list: number, index: number): number => (list >> 2) + index;
    const equal = (a: number, b: number, offset: number, length: number): boolean => {
      for (let word = 0; word < length / 4; word++) {
        if (memory[at(a + offset, word)] !== memory[at(b + offset, word)]) return false;
      }
      return true;
    };
    let doublings = 0;
    const kept: number[] = [];
    for (let index = 0; index < count; index++) {
      const [p, q] = [memory[at(room.left, index)], memory[at(room.right, index)]];
      const [a, b] = [p & ADDRESS, q & ADDRESS];
      if (!equal(a, b, 0, packed)) kept.push(index);
      else if (equal(a, b, packed, packed) === (((p ^ q) & REFERENCE_SIGN) === 0)) {
        memory[at(doubled.left, doublings)] = p;
        memory[at(doubled.out, doublings++)] = memory[at(room.out, index)];
      } else memory[at(memory[at(room.place, index)], 0)] = 0;
      if (kept.at(-1) === index) continue;
      memory[at(room.left, index)] = padding.left;
      memory[at(room.right, index)] = padding.right;
      memory[at(room.out, index)] = padding.out;
    }
    if (doublings === 0) return;
    if (doublings % kernel.lanes > 0) {
      memory[at(doubled.left, doublings)] = padding.right;
      memory[at(doubled.out, doublings++)] = padding.out;
    }
    const functions = compiled();
    functions[`${name}_double_prepare`](doublings);
    functions[`${name}_double_invert`](doublings);
    functions[`${name}_double_finish`](doublings);
  });
  const doubled: PairRoom = { ...room, left: words(BATCH), out: words(BATCH) };
  const pairs = definePairs(module, name, field, room, inverting, false);
  definePairs(module, `${name}_double`, field, doubled, inverting, true);
  defineSums(module, `${name}_sum`, pointBytes, room, pairs, kernel.lanes, exceptions, padding);
  return (functions) => {
    compiled = functions;
    const convert = (from: number, to: number, points: number, factor: number): void => {
      if (points > 0) functions()[`${prefix}_convert`](from, to, points * pointBytes, factor);
    };
    return {
      group: name,
      pointBytes,
      sum({ list, starts, groups }, at, scratch) {
        functions()[`${name}_sum`](list, starts, groups, scratch, scratch + 4 * groups, at);
      },
      enter: (from, to, points) => convert(from, to, points, enterFactor),
      leave: (from, to, points) => convert(from, to, points, leaveFactor),
    };
  };
}
