import type { Bn254 } from '../../curve/bn254-wasm.ts';
import type { Group } from '../../curve/group.ts';
import { sumGroups } from './buckets.ts';
import type { Groups, Region } from './buckets.ts';
import { cutScalars } from './digits.ts';
import { REFERENCE_SIGN } from './loops.ts';
import { createPairSums, pairSumsReserve } from './pair-sums.ts';
import type { PairSums } from './pair-sums.ts';
import type { SignedScalars } from './scalars.ts';
import { chooseWindows } from './windows.ts';

/** Affine points next to each other in the instance's memory, none of them at infinity. */
export interface Points {
  readonly at: number;
  /** For each point the index of its scalar. */
  readonly scalarOf: Uint32Array;
}

/** Sums of scalar multiples in one group. */
export interface MultiScalar {
  /** Writes Σ scalar · point to the Jacobian point at `out`. */
  multiply(points: Points, scalars: SignedScalars, out: number): void;
}

/**
 * Pippenger's method: signed windows chosen from the scalars that are not zero, buckets by counting sort, all
 * buckets of a window added up as a tree of affine pairs. Nothing branches on points but their exceptions.
 */
export function createMultiScalar(curve: Bn254, group: Group): MultiScalar {
  const pairs = createPairSums(curve, group);
  const pointBytes = 2 * group.coordinateBytes;
  const jacobianBytes = 3 * group.coordinateBytes;

  const multiply = ({ at, scalarOf }: Points, scalars: SignedScalars, out: number): void => {
    const lengths = new Uint32Array(256);
    for (let i = 0; i < scalarOf.length; i++) lengths[scalars.bits[scalarOf[i]]]++;
    lengths[0] = 0;
    const windows = chooseWindows(lengths);
    const { order, reaching, digit } = cutScalars(scalars, scalarOf, windows);
    group.zeroJacobian(out);
    if (order.length === 0) return;

    const buckets = 2 ** (windows.bits - 1) + 1;
    const sums: Region = { at: curve.alloc(((order.length >> 1) + 1) * pointBytes), pointBytes };
    const window = createWindowSum(curve, group, pairs, windows.bits);
    const term = curve.alloc(jacobianBytes);
    curve.reserve(pairSumsReserve(group));
    const digits = new Int32Array(order.length);
    const next = new Uint32Array(buckets);
    for (let index = windows.count - 1; index >= 0; index--) {
      for (let bit = 0; bit < windows.bits; bit++) group.doubleJacobian(out, out);
      const count = reaching[index];
      const starts = new Uint32Array(buckets + 1);
      for (let place = 0; place < count; place++) {
        const value = digit(place, index);
        digits[place] = value;
        if (value !== 0) starts[Math.abs(value) + 1]++;
      }
      for (let bucket = 0; bucket < buckets; bucket++) {
        next[bucket] = starts[bucket];
        starts[bucket + 1] += starts[bucket];
      }
      const list = new Uint32Array(starts[buckets]);
      for (let place = 0; place < count; place++) {
        const value = digits[place];
        if (value === 0) continue;
        const point = order[place];
        const minus = (value < 0 ? 1 : 0) ^ scalars.negative[scalarOf[point]];
        list[next[Math.abs(value)]++] = (at + point * pointBytes) | (minus ? REFERENCE_SIGN : 0);
      }
      sumGroups(pairs, { list, starts }, sums);
      window.add({ list, starts }, term, out);
    }
  };
  return {
    multiply: (points, scalars, out) => curve.scratch(() => multiply(points, scalars, out)),
  };
}

/** Adds up the buckets of one window. */
interface WindowSum {
  /** out += Σ b · (sum of bucket b); `term` is room for a Jacobian point. */
  add(buckets: Groups, term: number, out: number): void;
}

/**
 * With b = 2^k · row + column: Σ b·S_b = 2^k · Σ row · R_row + Σ column · C_column. Rows and columns are again
 * sums of groups in batches; only their weighted sums, 2 · 2^k terms each, are made one by one.
 */
function createWindowSum(curve: Bn254, group: Group, pairs: PairSums, bits: number): WindowSum {
  const pointBytes = 2 * group.coordinateBytes;
  const columnBits = bits >> 1;
  const columns = 2 ** columnBits;
  const rows = 2 ** (bits - 1 - columnBits) + 1;
  const region: Region = { at: curve.alloc((2 ** (bits - 2) + 1) * pointBytes), pointBytes };
  const running = curve.alloc(3 * group.coordinateBytes);
  const negated = curve.alloc(pointBytes);

  /** out = Σ weight · (sum of group weight). */
  const weighted = ({ list, starts }: Groups, out: number): void => {
    group.zeroJacobian(running);
    group.zeroJacobian(out);
    for (let weight = starts.length - 2; weight > 0; weight--) {
      const reference = starts[weight] === starts[weight + 1] ? 0 : list[starts[weight]];
      if (reference !== 0) group.addMixed(running, pointAt(reference), running);
      group.addJacobian(out, running, out);
    }
  };

  const pointAt = (reference: number): number => {
    if ((reference & REFERENCE_SIGN) === 0) return reference;
    const point = reference - REFERENCE_SIGN;
    group.copy(point, negated);
    group.neg(point + group.coordinateBytes, negated + group.coordinateBytes);
    return negated;
  };

  const gather = (buckets: Groups, groups: number, groupOf: (bucket: number) => number): Groups => {
    const starts = new Uint32Array(groups + 1);
    const used: number[] = [];
    for (let bucket = 1; bucket < buckets.starts.length - 1; bucket++) {
      if (buckets.starts[bucket] === buckets.starts[bucket + 1]) continue;
      if (buckets.list[buckets.starts[bucket]] === 0) continue;
      used.push(bucket);
      starts[groupOf(bucket) + 1]++;
    }
    for (let index = 0; index < groups; index++) starts[index + 1] += starts[index];
    const next = starts.slice();
    const list = new Uint32Array(used.length);
    for (const bucket of used) list[next[groupOf(bucket)]++] = buckets.list[buckets.starts[bucket]];
    sumGroups(pairs, { list, starts }, region);
    return { list, starts };
  };

  return {
    add(buckets, term, out) {
      weighted(
        gather(buckets, rows, (bucket) => bucket >> columnBits),
        term,
      );
      for (let bit = 0; bit < columnBits; bit++) group.doubleJacobian(term, term);
      group.addJacobian(out, term, out);
      weighted(
        gather(buckets, columns, (bucket) => bucket & (columns - 1)),
        term,
      );
      group.addJacobian(out, term, out);
    },
  };
}
