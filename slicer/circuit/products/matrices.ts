import { equalPolynomial } from './horner.ts';
import type { CheckForm, CheckMachine } from './machine.ts';
import type { Powers } from './powers.ts';

/** acc[m, n] = Σ_k left(m, k) · right(k, n): one product of matrices that the model computes. */
export interface CheckedMatrices {
  readonly height: number;
  readonly inner: number;
  readonly width: number;
  readonly tensors: readonly [left: number, right: number];
  readonly left: (row: number, k: number) => number;
  readonly right: (k: number, column: number) => number;
  readonly output: (row: number, column: number) => number;
}

/** How many rows and columns of the result share a row of the check as digits of one number. */
export interface MatrixSlots {
  readonly rows: number;
  readonly columns: number;
}

export function chooseMatrixSlots({ height, inner, width }: CheckedMatrices, slots: number): MatrixSlots {
  let best: { readonly cost: number; readonly slots: MatrixSlots } | undefined;
  for (let rows = 1; rows <= Math.min(height, slots); rows++) {
    const columns = Math.min(width, Math.floor(slots / rows));
    const tall = Math.ceil(height / rows);
    const wide = Math.ceil(width / columns);
    const cost = inner * (tall + wide - 1) + tall * wide;
    if (!best || cost < best.cost) best = { cost, slots: { rows, columns } };
  }
  return best!.slots;
}

/**
 * Σ weight(m, n) · acc[m, n] = Σ_k (Σ_m weight(m) · left(m, k)) · (Σ_n weight(n) · right(k, n)), with
 * weight(m, n) = weight(m) · weight(n) = 2^(bits · slot) · X^exponent, a pair for each entry of the result.
 *
 * Rows, with tall · wide powers of X on the left: inner · (tall + wide − 1) + tall · wide, and powers.
 */
export function checkMatrices<F extends CheckForm>(
  machine: CheckMachine<F>,
  powers: Powers<F>,
  matrices: CheckedMatrices,
  slots: MatrixSlots,
  bits: number,
  accumulator: (index: number) => F,
  scale: bigint,
): void {
  const { height, inner, width, tensors, left, right, output } = matrices;
  const tall = Math.ceil(height / slots.rows);
  const wide = Math.ceil(width / slots.columns);
  const columnUnit = BigInt(bits);
  const rowUnit = columnUnit * BigInt(slots.columns);
  let total = machine.nothing;
  for (let k = 0; k < inner; k++) {
    const ofLeft = weightedSum(
      machine,
      () => powers.of(wide),
      tall,
      height,
      rowUnit,
      (row) => machine.value(tensors[0], left(row, k)),
    );
    const ofRight = weightedSum(
      machine,
      () => powers.of(1),
      wide,
      width,
      columnUnit,
      (column) => machine.value(tensors[1], right(k, column)),
    );
    total = machine.product(ofLeft, ofRight, total);
  }
  const atPower = (exponent: number): F => {
    const parts: [F, bigint][] = [];
    for (let row = Math.floor(exponent / wide), i = 0n; row < height; row += tall, i++) {
      for (let column = exponent % wide, j = 0n; column < width; column += wide, j++) {
        parts.push([accumulator(output(row, column)), 1n << (rowUnit * i + columnUnit * j)]);
      }
    }
    return machine.sum(parts);
  };
  equalPolynomial(machine, powers.of(1), tall * wide, atPower, machine.sum([[total, scale]]));
}

/** Σ_i step^(i mod blocks) · 2^(unit · ⌊i / blocks⌋) · value(i), a row a block but one. */
function weightedSum<F extends CheckForm>(
  machine: CheckMachine<F>,
  step: () => F,
  blocks: number,
  count: number,
  unit: bigint,
  value: (i: number) => F,
): F {
  let state = machine.nothing;
  for (let block = blocks - 1; block >= 0; block--) {
    const parts: [F, bigint][] = [];
    for (let i = block, slot = 0n; i < count; i += blocks, slot++)
      parts.push([value(i), 1n << (unit * slot)]);
    const digits = machine.sum(parts);
    state = block === blocks - 1 ? digits : machine.product(step(), state, digits);
  }
  return state;
}
