import type { Bn254 } from '../../curve/bn254-wasm.ts';
import type { Group } from '../../curve/group.ts';
import { REFERENCE_SIGN, createPairLoops } from './loops.ts';

/** Pairs that share one inversion: its 17 µs are then 1% of the additions. */
const BATCH = 2_048;

/** Adds pairs of affine points, many at a time. */
export interface PairSums {
  /**
   * Notes left + right as the new value of `list[place]`. The sum is written to address `out` at the latest by
   * the next `flush`; when it is the point at infinity, `list[place]` becomes zero.
   */
  queue(left: number, right: number, out: number, list: Uint32Array, place: number): void;
  /** Carries out what was noted. */
  flush(): void;
}

/** A slope is −(y2 − y1)/(x2 − x1), or −3x²/2y where the points are equal. */
export function createPairSums(curve: Bn254, group: Group): PairSums {
  const { coordinateBytes, add, sub, mul, square, neg, isZero, copy, batchInverse } = group;
  const loops = createPairLoops(curve, group);
  const left = curve.alloc(BATCH * 4);
  const right = curve.alloc(BATCH * 4);
  const out = curve.alloc(BATCH * 4);
  const differences = curve.alloc(BATCH * coordinateBytes);
  const temporary = curve.alloc(3 * coordinateBytes);
  const nowhere = curve.alloc(2 * coordinateBytes);
  const zeros = curve.alloc(4);
  const places = new Uint32Array(BATCH);
  let list: Uint32Array = places;
  let count = 0;
  let words = new Uint32Array(curve.memory.buffer);

  const x = (reference: number): number => reference & ~31;
  const y = (reference: number): number => x(reference) + coordinateBytes;

  /** Pairs with equal x: prepares a doubling, or strikes the pair out. Returns the doublings. */
  const prepareEqual = (): readonly number[] => {
    const doublings: number[] = [];
    const sum = temporary;
    for (let i = 0; i < count; i++) {
      const slot = differences + i * coordinateBytes;
      if (words[slot >> 2] !== 0 || !isZero(slot)) continue;
      const p = words[(left >> 2) + i];
      const q = words[(right >> 2) + i];
      const opposite = ((p ^ q) & REFERENCE_SIGN) === 1;
      if (opposite) add(y(p), y(q), sum);
      else sub(y(p), y(q), sum);
      if (isZero(sum)) {
        add(y(p), y(p), slot);
        doublings.push(i);
      } else {
        list[places[i]] = 0;
        words[(out >> 2) + i] = nowhere;
      }
    }
    return doublings;
  };

  const double = (i: number): void => {
    const slope = temporary;
    const x3 = temporary + coordinateBytes;
    const y3 = temporary + 2 * coordinateBytes;
    const p = words[(left >> 2) + i];
    const to = words[(out >> 2) + i];
    square(x(p), x3);
    add(x3, x3, slope);
    add(slope, x3, slope);
    mul(slope, differences + i * coordinateBytes, slope);
    neg(slope, slope);
    square(slope, x3);
    sub(x3, x(p), x3);
    sub(x3, x(p), x3);
    sub(x3, x(p), y3);
    mul(slope, y3, y3);
    sub(y3, y(p), to + coordinateBytes);
    copy(x3, to);
    words[(out >> 2) + i] = nowhere;
  };

  const flush = (): void => {
    if (count === 0) return;
    loops.differences(left, right, differences, count, zeros);
    const doublings = words[zeros >> 2] === 0 ? [] : prepareEqual();
    curve.scratch(() => batchInverse(differences, coordinateBytes, count, differences, coordinateBytes));
    // A sum may take the place of a point that no other pair of the batch reads.
    for (const i of doublings) double(i);
    loops.sums(left, right, out, differences, count, temporary);
    count = 0;
  };

  return {
    queue(p, q, to, target, place) {
      if (count === 0) {
        list = target;
        if (words.buffer !== curve.memory.buffer) words = new Uint32Array(curve.memory.buffer);
      }
      words[(left >> 2) + count] = p;
      words[(right >> 2) + count] = q;
      words[(out >> 2) + count] = to;
      target[place] = to | (p & REFERENCE_SIGN);
      places[count++] = place;
      if (count === BATCH) flush();
    },
    flush,
  };
}

/** Bytes that must stay reserved beyond what is allocated while pairs are added. */
export function pairSumsReserve(group: Group): number {
  return (BATCH + 2) * group.coordinateBytes + 1_024;
}
