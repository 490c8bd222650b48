import { boxIndices, boxShape, type Box } from '../../../protocol/box.ts';

export { boxIndices, boxShape, type Box } from '../../../protocol/box.ts';

/** The dimension of an image's rows. */
export const ROWS = 2;

export function wholeBox(shape: readonly number[]): Box {
  return { start: shape.map(() => 0), end: shape };
}

export function sameBox(left: Box, right: Box): boolean {
  return left.start.every((first, axis) => first === right.start[axis] && left.end[axis] === right.end[axis]);
}

/** The least box around both. */
export function hullOf(left: Box, right: Box): Box {
  return {
    start: left.start.map((first, axis) => Math.min(first, right.start[axis])),
    end: left.end.map((last, axis) => Math.max(last, right.end[axis])),
  };
}

/** The box with other positions along one dimension. */
export function along({ start, end }: Box, axis: number, first: number, last: number): Box {
  return { start: start.with(axis, first), end: end.with(axis, last) };
}

/** The values of a box as indices into another box around it. */
export function indicesWithin(inner: Box, outer: Box): Int32Array {
  return boxIndices(boxShape(outer), {
    start: inner.start.map((first, axis) => first - outer.start[axis]),
    end: inner.end.map((last, axis) => last - outer.start[axis]),
  });
}

/** How a box of a tensor is named: `[0:16,8:12]`, dimensions that it has whole left out at both ends. */
export function boxLabel(shape: readonly number[], { start, end }: Box): string {
  const cut = [...shape.keys()].filter((axis) => start[axis] > 0 || end[axis] < shape[axis]);
  const shown = shape.slice(cut[0] ?? 0, (cut.at(-1) ?? 0) + 1);
  return `[${shown.map((_, i) => `${start[(cut[0] ?? 0) + i]}:${end[(cut[0] ?? 0) + i]}`).join(',')}]`;
}

/** Even parts of 0 … size − 1: first and one past the last of each. */
export function evenParts(size: number, parts: number): readonly (readonly [number, number])[] {
  return Array.from({ length: parts }, (_, i) => [
    Math.floor((i * size) / parts),
    Math.floor(((i + 1) * size) / parts),
  ]);
}
