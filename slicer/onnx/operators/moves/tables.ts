import { elementCount } from '../../graph.ts';

/**
 * What a node that only moves values writes: for each value, in row-major order, the place of the input's
 * value that it is, or −1 for one that is new.
 */
export type Indices = Int32Array;

/** How far apart neighbours along each axis are. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}

/**
 * Indices of an output whose axes are independent of each other: the place that a value has in the input is
 * the sum of what each axis says of its position; −1 on any axis makes the value a new one.
 * @param tables by output axis: places by position
 */
export function indicesOf(tables: readonly Int32Array[]): Indices {
  let indices = Int32Array.of(0);
  for (const table of tables) {
    const next = new Int32Array(indices.length * table.length);
    for (let i = 0, at = 0; i < indices.length; i++) {
      const base = indices[i];
      for (let j = 0; j < table.length; j++, at++) next[at] = base < 0 || table[j] < 0 ? -1 : base + table[j];
    }
    indices = next;
  }
  return indices;
}

/** How a tensor's values lie when its axes come in another order. */
export function orderIndices(shape: readonly number[], order: readonly number[]): Indices {
  const strides = stridesOf(shape);
  return indicesOf(order.map((axis) => axisTable(shape[axis], (at) => at * strides[axis])));
}

/** The table of an axis of `size` positions, from what stands at each. */
export function axisTable(size: number, placeOf: (position: number) => number): Int32Array {
  return Int32Array.from({ length: size }, (_, position) => placeOf(position));
}
