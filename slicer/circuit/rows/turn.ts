import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';

/** What a wire costs that stands in A, in B: sums of points of G1, and of G1 and G2, whose additions cost three times as much. */
const COST = { a: 1, b: 4 } as const;
/** Additions for a wire that is 0 or 1, which is 0 as often as not, and for any other. */
const BOOLEAN = 1;
const WIDE = 20;
/** Passes over all rows, at the most: few turn anything after the second. */
const PASSES = 4;

/** A or B: what a wire that stands in it costs, and in how many rows each does. */
interface Side {
  readonly cost: number;
  readonly counts: Uint32Array;
}

/**
 * The same circuit with rows turned round, a · b = c as b · a = c, where fewer wide wires stand in B for it: a key has a point in G2
 * for each of these. Every row says what it said, so every witness of the one is one of the other.
 */
export function turned(r1cs: R1cs): R1cs {
  const { a, b, constraints: rows } = r1cs;
  const weights = weightsOf(r1cs);
  const inA: Side = { cost: COST.a, counts: countsOf(a, r1cs.wires) };
  const inB: Side = { cost: COST.b, counts: countsOf(b, r1cs.wires) };
  const turns = new Uint8Array(rows);
  /** What is saved when a row's wires are no more where they are, and come to the other side. */
  const gain = (from: SparseRows, row: number, here: Side, there: Side): number => {
    let sum = 0;
    for (let t = from.offsets[row]; t < from.offsets[row + 1]; t++) {
      const wire = from.wires[t];
      if (here.counts[wire] === 1) sum += weights[wire] * here.cost;
      if (there.counts[wire] === 0) sum -= weights[wire] * there.cost;
    }
    return sum;
  };
  const move = (from: SparseRows, row: number, here: Side, there: Side): void => {
    for (let t = from.offsets[row]; t < from.offsets[row + 1]; t++) {
      here.counts[from.wires[t]]--;
      there.counts[from.wires[t]]++;
    }
  };
  for (let pass = 0, changed = true; changed && pass < PASSES; pass++) {
    changed = false;
    for (let row = 0; row < rows; row++) {
      if (b.offsets[row] === b.offsets[row + 1] || a.offsets[row] === a.offsets[row + 1]) continue;
      const [left, right] = turns[row] === 0 ? [a, b] : [b, a];
      if (gain(left, row, inA, inB) + gain(right, row, inB, inA) <= 0) continue;
      move(left, row, inA, inB);
      move(right, row, inB, inA);
      turns[row] ^= 1;
      changed = true;
    }
  }
  return { ...r1cs, a: chosen(a, b, turns), b: chosen(b, a, turns) };
}

function weightsOf({ wires, constraints, a, b, c }: R1cs): Uint8Array {
  const weights = new Uint8Array(wires).fill(WIDE);
  for (let row = 0; row < constraints; row++) {
    if (c.offsets[row] !== c.offsets[row + 1]) continue;
    const left = a.wires.subarray(a.offsets[row], a.offsets[row + 1]);
    const right = b.wires.subarray(b.offsets[row], b.offsets[row + 1]);
    if (left.length === 1 && right.length === 2 && right[0] === 0 && right[1] === left[0])
      weights[left[0]] = BOOLEAN;
  }
  weights[0] = BOOLEAN;
  return weights;
}

/** In how many rows each wire stands. */
function countsOf(rows: SparseRows, wires: number): Uint32Array {
  const counts = new Uint32Array(wires);
  for (const wire of rows.wires) counts[wire]++;
  return counts;
}

/** The rows of `own`, those that turn of `other`. */
function chosen(own: SparseRows, other: SparseRows, turns: Uint8Array): SparseRows {
  const sources = Array.from(turns, (turn) => (turn === 0 ? own : other));
  const offsets = new Uint32Array(turns.length + 1);
  sources.forEach(
    (from, row) => (offsets[row + 1] = offsets[row] + from.offsets[row + 1] - from.offsets[row]),
  );
  const wires = new Uint32Array(offsets[turns.length]);
  const coefficients = new Uint32Array(offsets[turns.length]);
  sources.forEach((from, row) => {
    wires.set(from.wires.subarray(from.offsets[row], from.offsets[row + 1]), offsets[row]);
    coefficients.set(from.coefficients.subarray(from.offsets[row], from.offsets[row + 1]), offsets[row]);
  });
  return { ...own, offsets, wires, coefficients };
}
