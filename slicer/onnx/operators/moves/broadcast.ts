import { axisTable, indicesOf, stridesOf, type Indices } from './tables.ts';

/** How a tensor of one shape is repeated to fill another, by NumPy's rules. */
export function broadcastIndices(from: readonly number[], to: readonly number[]): Indices {
  const padded = [...new Array<number>(to.length - from.length).fill(1), ...from];
  const strides = stridesOf(padded);
  return indicesOf(
    to.map((size, axis) =>
      axisTable(size, (position) => (padded[axis] === 1 ? 0 : position * strides[axis])),
    ),
  );
}
