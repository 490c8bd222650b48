import { type Exacts } from '../../integer/exact.ts';
import { LinearBatch, type Placer } from '../rows/batch.ts';
import type { R1csBuilder } from '../rows/builder.ts';
import type { LinearForms } from '../rows/linear.ts';
import type { WitnessWriter } from '../witness/witness-writer.ts';

/**
 * Equations about the entries of a matrix product, y_ij + L_ij = 0 with y_ij = Σ_k a_ik · b_kj and L_ij linear in
 * the equations' own booleans, for a block of `rows` × `columns` entries at once.
 *
 * Statement: with slots of w bits and s_ij = (i · columns + j) · w,
 *   Σ_ij 2^(s_ij) (y_ij + L_ij) = Σ_k A_k · B_k + Σ_ij 2^(s_ij) L_ij = 0,
 *   A_k = Σ_i 2^(i · columns · w) a_ik and B_k = Σ_j 2^(j · w) b_kj,
 * since Σ_ij 2^(s_ij) a_ik b_kj = A_k · B_k. So a block needs one product for each k, whatever its size.
 * Constraints: K a block (the last product's row takes the rest of the equation); about K / 11 an entry of 22 bits
 * where products one by one are K.
 * Argument: as for {@link LinearBatch}. The y_ij are integers of their interval (a and b are ranged by earlier
 * rows) and the L_ij bounded by booleans, |y_ij + L_ij| < 2^w; the equation is the same linear row with its
 * first part computed from products of sums. That A_k and B_k are large, and A_k · B_k wraps around the
 * field's order, changes nothing: the sum is that of the single products as field elements.
 * The entries must be read nowhere else, since they are no wires.
 */
export interface BlockPlan {
  readonly rows: number;
  readonly columns: number;
  /** Width of a slot. */
  readonly width: number;
}

/** The sizes of a matrix product: [height, inner] times [inner, width]. */
export interface ProductSizes {
  readonly height: number;
  readonly inner: number;
  readonly width: number;
}

/** The blocks with the fewest rows; undefined where single products are at least as few. */
export function planBlocks(sizes: ProductSizes, slot: number, capacity: number): BlockPlan | undefined {
  const most = Math.floor(capacity / slot);
  let best: BlockPlan | undefined;
  for (let rows = 1; rows <= Math.min(most, sizes.height); rows++) {
    const columns = Math.min(sizes.width, Math.floor(most / rows));
    const plan = { rows, columns, width: slot };
    if (!best || blockCount(sizes, plan) < blockCount(sizes, best)) best = plan;
  }
  return best && blockCount(sizes, best) < sizes.height * sizes.width ? best : undefined;
}

export function blockCount({ height, width }: ProductSizes, { rows, columns }: BlockPlan): number {
  return Math.ceil(height / rows) * Math.ceil(width / columns);
}

/** Rows of all blocks' products. */
export function blockRows(sizes: ProductSizes, plan: BlockPlan): number {
  return blockCount(sizes, plan) * sizes.inner;
}

/** One block: its entries are rows `top` … and columns `left` … of the product. */
export interface Block {
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
}

/** All blocks, row by row of blocks. */
export function* blocksOf({ height, width }: ProductSizes, plan: BlockPlan): Generator<Block> {
  for (let top = 0; top < height; top += plan.rows) {
    for (let left = 0; left < width; left += plan.columns) {
      const rows = Math.min(plan.rows, height - top);
      yield { top, left, rows, columns: Math.min(plan.columns, width - left) };
    }
  }
}

/** Where a block's equations stand in its row. */
class BlockPlacer implements Placer {
  shift = 0;

  place(): { readonly shift: number; readonly fresh: boolean } {
    return { shift: this.shift, fresh: false };
  }
}

/** One matrix product of forms: entry (i, k) of the left factor is form leftAt + i · inner + k, and so on. */
export interface BlockFactors {
  readonly left: LinearForms;
  readonly right: LinearForms;
  readonly leftAt: number;
  readonly rightAt: number;
}

/**
 * One block.
 * @param equation writes L of entry (i, j) of the product into the batch, as one equation of at most the plan's width
 */
export function constrainBlock(
  builder: R1csBuilder,
  plan: BlockPlan,
  sizes: ProductSizes,
  block: Block,
  { left, right, leftAt, rightAt }: BlockFactors,
  equation: (batch: LinearBatch, row: number, column: number) => void,
): void {
  const placer = new BlockPlacer();
  const batch = new LinearBatch(builder, placer);
  for (let i = 0; i < block.rows; i++) {
    for (let j = 0; j < block.columns; j++) {
      placer.shift = shiftOf(plan, i, j);
      equation(batch, block.top + i, block.left + j);
    }
  }
  for (let k = 0; k < sizes.inner; k++) {
    const isLast = k === sizes.inner - 1;
    for (let i = 0; i < block.rows; i++) {
      const at = leftAt + (block.top + i) * sizes.inner + k;
      left.pushTo(builder.a, builder, at, isLast ? -1 : 1, shiftOf(plan, i, 0));
    }
    for (let j = 0; j < block.columns; j++) {
      const at = rightAt + k * sizes.width + block.left + j;
      right.pushTo(builder.b, builder, at, 1, shiftOf(plan, 0, j));
    }
    if (isLast) {
      // −A_K · B_K = what the batch holds: the other products and the L_ij.
      batch.end();
      return;
    }
    const product = builder.newWires(1);
    builder.c.push(product, builder.scaled(1));
    builder.endRow();
    batch.push(product, builder.scaled(1));
  }
}

/** A matrix product of integers, to go with {@link BlockFactors}. */
export interface BlockValues {
  readonly left: Exacts;
  readonly right: Exacts;
  readonly leftAt: number;
  readonly rightAt: number;
}

/** The wires of {@link constrainBlock} in its order; `equation` writes those of entry (i, j). */
export function assignBlock(
  writer: WitnessWriter,
  plan: BlockPlan,
  sizes: ProductSizes,
  block: Block,
  { left, right, leftAt, rightAt }: BlockValues,
  equation: (row: number, column: number) => void,
): void {
  for (let i = 0; i < block.rows; i++) {
    for (let j = 0; j < block.columns; j++) equation(block.top + i, block.left + j);
  }
  for (let k = 0; k < sizes.inner - 1; k++) {
    let a = 0n;
    let b = 0n;
    for (let i = 0; i < block.rows; i++) {
      a += BigInt(left[leftAt + (block.top + i) * sizes.inner + k]) << BigInt(shiftOf(plan, i, 0));
    }
    for (let j = 0; j < block.columns; j++) {
      b += BigInt(right[rightAt + k * sizes.width + block.left + j]) << BigInt(shiftOf(plan, 0, j));
    }
    writer.nextModular(a * b);
  }
}

function shiftOf({ columns, width }: BlockPlan, i: number, j: number): number {
  return (i * columns + j) * width;
}
