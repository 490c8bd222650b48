import type { R1cs, SparseRows } from '../../../groth16/formats/r1cs.ts';

/** What a wire costs that stands in A, in B: sums of points of G1, and of G1 and G2, whose additions cost three times as much. */
const COST = { a: 1, b: 4 } as const;
/** Additions for a wire that is 0 or 1, which is 0 as often as not, and for any other. */
const BOOLEAN = 1;
const WIDE = 20;
/** Passes over all rows, at the most: few turn anything after the second. */
const PASSES = 4;

/**
 * The same circuit with rows turned round, a · b = c as b · a = c, where fewer wide wires stand in B for it: a key has a point in G2
 * for each of these. Every row says what it said, so every witness of the one is one of the other.
 */
export function turned(r1cs: R1cs): R1cs {
  const { a, b, constraints } = r1cs;
  const { weights, rows } = products(r1cs);
  const countsA = countsOf(a, r1cs.wires);
  const countsB = countsOf(b, r1cs.wires);
  const turns = new Uint8Array(constraints);
  for (let pass = 0, changed = true; changed && pass < PASSES; pass++) {
    changed = false;
    for (let place = 0; place < rows.length; place++) {
      const row = rows[place];
      const left = turns[row] === 0 ? a : b;
      const right = turns[row] === 0 ? b : a;
      if (
        gain(left, row, weights, countsA, COST.a, countsB, COST.b) +
          gain(right, row, weights, countsB, COST.b, countsA, COST.a) <=
        0
      ) {
        continue;
      }
      move(left, row, countsA, countsB);
      move(right, row, countsB, countsA);
      turns[row] ^= 1;
      changed = true;
    }
  }
  return { ...r1cs, a: chosen(a, b, turns), b: chosen(b, a, turns) };
}

/** What is saved when a row's wires are no more where they are, and come to the other side. */
function gain(
  { offsets, wires }: SparseRows,
  row: number,
  weights: Uint8Array,
  here: Uint32Array,
  costHere: number,
  there: Uint32Array,
  costThere: number,
): number {
  let sum = 0;
  for (let t = offsets[row]; t < offsets[row + 1]; t++) {
    const wire = wires[t];
    if (here[wire] === 1) sum += weights[wire] * costHere;
    if (there[wire] === 0) sum -= weights[wire] * costThere;
  }
  return sum;
}

function move(from: SparseRows, row: number, here: Uint32Array, there: Uint32Array): void {
  for (let t = from.offsets[row]; t < from.offsets[row + 1]; t++) {
    here[from.wires[t]]--;
    there[from.wires[t]]++;
  }
}

/**
 * What wires weigh, and the rows that there is something to turn of: those with terms in A and B. A row w · (w − 1) = 0 says that w is
 * 0 or 1, and has its wire on both sides however it stands.
 */
function products({ wires, constraints, a, b, c }: R1cs): {
  readonly weights: Uint8Array;
  readonly rows: Uint32Array;
} {
  const weights = new Uint8Array(wires).fill(WIDE);
  const rows = new Uint32Array(constraints);
  let count = 0;
  const offsetsA = a.offsets;
  const offsetsB = b.offsets;
  const offsetsC = c.offsets;
  for (let row = 0; row < constraints; row++) {
    const atB = offsetsB[row];
    const termsB = offsetsB[row + 1] - atB;
    const atA = offsetsA[row];
    const termsA = offsetsA[row + 1] - atA;
    if (termsA === 0 || termsB === 0) continue;
    const wire = a.wires[atA];
    if (
      termsA === 1 &&
      termsB === 2 &&
      b.wires[atB] === 0 &&
      b.wires[atB + 1] === wire &&
      offsetsC[row] === offsetsC[row + 1]
    ) {
      weights[wire] = BOOLEAN;
    } else rows[count++] = row;
  }
  weights[0] = BOOLEAN;
  return { weights, rows: rows.slice(0, count) };
}

/** In how many rows each wire stands. */
function countsOf({ wires: of }: SparseRows, wires: number): Uint32Array {
  const counts = new Uint32Array(wires);
  for (let t = 0; t < of.length; t++) counts[of[t]]++;
  return counts;
}

/** The rows of `own`, those that turn of `other`: copied in runs that turn alike. */
function chosen(own: SparseRows, other: SparseRows, turns: Uint8Array): SparseRows {
  const rows = turns.length;
  const offsets = new Uint32Array(rows + 1);
  for (let row = 0, end = 0; row < rows; row++) {
    const from = turns[row] === 0 ? own.offsets : other.offsets;
    end += from[row + 1] - from[row];
    offsets[row + 1] = end;
  }
  const wires = new Uint32Array(offsets[rows]);
  const coefficients = new Uint32Array(offsets[rows]);
  for (let row = 0, next = 0; row < rows; row = next) {
    while (next < rows && turns[next] === turns[row]) next++;
    const from = turns[row] === 0 ? own : other;
    const start = from.offsets[row];
    const end = from.offsets[next];
    wires.set(from.wires.subarray(start, end), offsets[row]);
    coefficients.set(from.coefficients.subarray(start, end), offsets[row]);
  }
  return { ...own, offsets, wires, coefficients };
}
