import type { Bn254 } from '../../curve/bn254-wasm.ts';
import { groupOf, type GroupName } from '../../curve/group.ts';
import type { Groups, PointSums } from '../../kernel/point-sums.ts';
import { ADDRESS, REFERENCE_SIGN } from '../../kernel/pairs.ts';
import { letGo } from '../let-go.ts';
import { cutScalars } from './digits.ts';
import type { CutScalars } from './digits.ts';
import type { SignedScalars } from './scalars.ts';
import { chooseWindows } from './windows.ts';

/** Affine points next to each other in the instance's memory, in the kernel's form, none of them at infinity. */
export interface Points {
  readonly at: number;
  /** For each point the index of its scalar. */
  readonly scalarOf: Uint32Array;
}

/** Sums of scalar multiples in one group. */
export interface MultiScalar {
  /** Writes Σ scalar · point to the Jacobian point at `out`, in wasmcurves' form. */
  multiply(points: Points, scalars: SignedScalars, out: number): void;
}

/** Small windows are added up together until they have that many references, so that inversions are shared. */
const LEAST_REFERENCES = 32_768;

/**
 * Pippenger's method: signed windows chosen from the scalars that are not zero, buckets by counting sort, all buckets of
 * a window added up as a tree of affine pairs. Nothing branches on points but their exceptions.
 *
 * A window's sum is Σ b · S_b over its buckets. With b = 2^k · row + column the buckets' sums are added up by rows and by
 * columns, and those, for all windows together, by the bits of their numbers: what is left is one point for each bit of
 * the scalars.
 */
export function createMultiScalar(curve: Bn254, sums: PointSums): MultiScalar {
  const { pointBytes } = sums;
  const group = groupOf(curve, sums.group);

  const multiply = ({ at, scalarOf }: Points, scalars: SignedScalars, out: number): void => {
    const lengths = new Uint32Array(256);
    for (let i = 0; i < scalarOf.length; i++) lengths[scalars.bits[scalarOf[i]]]++;
    lengths[0] = 0;
    const windows = chooseWindows(lengths);
    const cut = cutScalars(scalars, scalarOf, windows);
    group.zeroJacobian(out);
    if (cut.order.length === 0) return;

    const layout = layoutOf(windows.bits);
    const together = Math.min(
      windows.count,
      Math.max(1, Math.floor(LEAST_REFERENCES / Math.max(cut.order.length, layout.buckets))),
    );
    const references = together * cut.order.length;
    const buckets = allocateGroups(curve, references, together * layout.buckets);
    const lines = allocateGroups(curve, 2 * together * layout.buckets, together * layout.lines);
    const scratch = curve.alloc(8 * together * Math.max(layout.buckets, layout.lines));
    const bucketSums = curve.alloc(((references >> 1) + 1) * pointBytes);
    const lineSums = curve.alloc((together * layout.buckets + 1) * pointBytes);
    const kept = curve.alloc(windows.count * layout.lines * pointBytes);
    // References to the sums of lines, zero where there are none.
    const keptReferences = new Uint32Array(windows.count * layout.lines);

    const digits = new Int32Array(cut.order.length);
    const next = new Uint32Array(layout.buckets + 1);
    for (let first = 0; first < windows.count; first += together) {
      const count = Math.min(together, windows.count - first);
      let filled = 0;
      for (let index = 0; index < count; index++) {
        const { starts, list } = wordsOf(curve, buckets);
        filled = fillWindow(
          cut,
          scalars,
          scalarOf,
          { digits, next },
          {
            window: first + index,
            at,
            pointBytes,
            starts: starts.subarray(index * layout.buckets, (index + 1) * layout.buckets + 1),
            list,
            from: filled,
          },
        );
      }
      sums.sum({ ...buckets, groups: count * layout.buckets }, bucketSums, scratch);
      gatherLines(wordsOf(curve, buckets), wordsOf(curve, lines), layout, count);
      sums.sum({ ...lines, groups: count * layout.lines }, lineSums, scratch);
      const { starts, list } = wordsOf(curve, lines);
      for (let line = 0; line < count * layout.lines; line++) {
        const reference = starts[line] === starts[line + 1] ? 0 : list[starts[line]];
        if (reference === 0) continue;
        const place = first * layout.lines + line;
        const to = kept + place * pointBytes;
        const from = reference & ADDRESS;
        new Uint8Array(curve.memory.buffer).copyWithin(to, from, from + pointBytes);
        keptReferences[place] = to | (reference & REFERENCE_SIGN);
      }
    }
    addBits(keptReferences, windows.count, layout, out);
    cut.letGo();
    letGo(digits, next);
  };

  /** out = Σ 2^bit · (sum of the lines whose weight has that bit). */
  const addBits = (lines: Uint32Array, windows: number, layout: Layout, out: number): void => {
    const groups = windows * layout.bits;
    const members = new Uint32Array(groups + 1);
    const each = (visit: (bit: number, reference: number) => void): void => {
      lines.forEach((reference, place) => {
        if (reference === 0) return;
        const window = Math.floor(place / layout.lines);
        const weight = weightOf(layout, place - window * layout.lines);
        for (let bit = 0; bit < layout.bits; bit++) {
          if ((weight >>> bit) & 1) visit(window * layout.bits + bit, reference);
        }
      });
    };
    each((bit) => members[bit + 1]++);
    for (let bit = 0; bit < groups; bit++) members[bit + 1] += members[bit];
    const bits = allocateGroups(curve, members[groups], groups);
    const bitSums = curve.alloc(((members[groups] >> 1) + 1) * pointBytes);
    const scratch = curve.alloc(8 * groups);
    const point = curve.alloc(pointBytes);
    const { starts, list } = wordsOf(curve, bits);
    starts.set(members);
    each((bit, reference) => (list[members[bit]++] = reference));
    sums.sum({ ...bits, groups }, bitSums, scratch);
    const made = wordsOf(curve, bits);
    for (let bit = groups - 1; bit >= 0; bit--) {
      group.doubleJacobian(out, out);
      const reference = made.starts[bit] === made.starts[bit + 1] ? 0 : made.list[made.starts[bit]];
      if (reference === 0) continue;
      sums.leave(reference & ADDRESS, point, 1);
      if (reference & REFERENCE_SIGN) group.neg(point + group.coordinateBytes, point + group.coordinateBytes);
      group.addMixed(out, point, out);
    }
  };
  return {
    multiply: (points, scalars, out) => curve.scratch(() => multiply(points, scalars, out)),
  };
}

/** In both groups. */
export function createMultiScalars(
  curve: Bn254,
  { g1, g2 }: Readonly<Record<GroupName, PointSums>>,
): Readonly<Record<GroupName, MultiScalar>> {
  return { g1: createMultiScalar(curve, g1), g2: createMultiScalar(curve, g2) };
}

/** How the buckets of a window are gathered: lines are the columns and then the rows. */
interface Layout {
  readonly bits: number;
  readonly columnBits: number;
  /** Numbered by digit, from zero, which is empty. */
  readonly buckets: number;
  readonly lines: number;
}

function layoutOf(bits: number): Layout {
  const columnBits = bits >> 1;
  return {
    bits,
    columnBits,
    buckets: 2 ** (bits - 1) + 1,
    lines: 2 ** columnBits + 2 ** (bits - 1 - columnBits) + 1,
  };
}

function weightOf({ columnBits }: Layout, line: number): number {
  const columns = 2 ** columnBits;
  return line < columns ? line : (line - columns) << columnBits;
}

function allocateGroups(curve: Bn254, references: number, groups: number): Groups {
  return { list: curve.alloc(4 * references), starts: curve.alloc(4 * (groups + 1)), groups };
}

/** The words of groups; valid until the memory moves. */
interface GroupWords {
  readonly list: Uint32Array;
  readonly starts: Uint32Array;
}

function wordsOf(curve: Bn254, { list, starts, groups }: Groups): GroupWords {
  const { buffer } = curve.memory;
  return { list: new Uint32Array(buffer, list), starts: new Uint32Array(buffer, starts, groups + 1) };
}

interface WindowTarget extends GroupWords {
  readonly window: number;
  /** Of the first point. */
  readonly at: number;
  readonly pointBytes: number;
  /** Where in the list the window begins. */
  readonly from: number;
}

/** Sorts the points of one window by their digits, in room that all windows share; gives the end of its references. */
function fillWindow(
  { order, reaching, digitsOf }: CutScalars,
  scalars: SignedScalars,
  scalarOf: Uint32Array,
  { digits, next }: { readonly digits: Int32Array; readonly next: Uint32Array },
  { window, at, pointBytes, starts, list, from }: WindowTarget,
): number {
  const count = reaching[window];
  next.fill(0);
  digitsOf(window, digits);
  for (let place = 0; place < count; place++) next[Math.abs(digits[place])]++;
  next[0] = 0;
  let end = from;
  for (let bucket = 0; bucket < starts.length - 1; bucket++) {
    const members = next[bucket];
    starts[bucket] = end;
    next[bucket] = end;
    end += members;
  }
  starts[starts.length - 1] = end;
  for (let place = 0; place < count; place++) {
    const value = digits[place];
    if (value === 0) continue;
    const point = order[place];
    const minus = (value < 0 ? 1 : 0) ^ scalars.negative[scalarOf[point]];
    list[next[Math.abs(value)]++] = (at + point * pointBytes) | (minus ? REFERENCE_SIGN : 0);
  }
  return end;
}

/** The sums of buckets, each once in its column and once in its row, but in neither where that weighs nothing. */
function gatherLines(buckets: GroupWords, lines: GroupWords, layout: Layout, windows: number): void {
  const { columnBits } = layout;
  const columns = 2 ** columnBits;
  lines.starts.fill(0);
  const visit = (take: (line: number, reference: number) => void): void => {
    for (let window = 0; window < windows; window++) {
      const first = window * layout.lines;
      for (let bucket = 1; bucket < layout.buckets; bucket++) {
        const start = window * layout.buckets + bucket;
        if (buckets.starts[start] === buckets.starts[start + 1]) continue;
        const reference = buckets.list[buckets.starts[start]];
        if (reference === 0) continue;
        const column = bucket & (columns - 1);
        const row = bucket >> columnBits;
        if (column > 0) take(first + column, reference);
        if (row > 0) take(first + columns + row, reference);
      }
    }
  };
  visit((line) => lines.starts[line + 1]++);
  for (let line = 0; line < windows * layout.lines; line++) lines.starts[line + 1] += lines.starts[line];
  const next = lines.starts.slice();
  visit((line, reference) => (lines.list[next[line]++] = reference));
}
