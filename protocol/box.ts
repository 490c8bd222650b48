/** A part of a tensor: along each dimension the positions start … end − 1. */
export interface Box {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

export function boxShape({ start, end }: Box): readonly number[] {
  return end.map((last, axis) => last - start[axis]);
}

/** The row-major indices of a box's values in a tensor of this shape, in the box's row-major order. */
export function boxIndices(shape: readonly number[], box: Box): Int32Array {
  const sides = boxShape(box);
  const indices = new Int32Array(sides.reduce((size, side) => size * side, 1));
  const position = [...box.start];
  for (let i = 0; i < indices.length; i++) {
    indices[i] = position.reduce((index, at, axis) => index * shape[axis] + at, 0);
    for (let axis = shape.length - 1; axis >= 0 && ++position[axis] === box.end[axis]; axis--) {
      position[axis] = box.start[axis];
    }
  }
  return indices;
}

/**
 * An input or an output as a model's users know it. A large one is committed in pieces, each a tensor of its
 * own, so that a slice reads, and its proof unpacks, only those that it needs.
 */
export interface Whole {
  readonly name: string;
  readonly shape: readonly number[];
  readonly pieces: readonly (Box & { readonly tensor: number })[];
}

/** Whether pieces lie inside the whole, have their tensors' shapes and as many values as the whole. */
export function piecesFit(
  { shape, pieces }: Whole,
  tensors: readonly { readonly shape: readonly number[] }[],
): boolean {
  const sizes = pieces.map(({ tensor, start, end }) => {
    const own = tensors[tensor]?.shape;
    const fits =
      own?.length === shape.length &&
      start.length === shape.length &&
      end.length === shape.length &&
      boxShape({ start, end }).every(
        (side, axis) => side === own[axis] && start[axis] >= 0 && end[axis] <= shape[axis],
      );
    return fits ? own.reduce((product, side) => product * side, 1) : NaN;
  });
  return sizes.reduce((sum, size) => sum + size, 0) === shape.reduce((product, side) => product * side, 1);
}
