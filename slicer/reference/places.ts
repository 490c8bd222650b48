import type { ConvNode, MaxPoolNode } from '../integer/program.ts';

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/** Where a value of a row-major tensor is. */
export function coordinatesOf(shape: readonly number[], index: number): number[] {
  const place: number[] = [];
  let rest = index;
  for (const side of shape.toReversed()) {
    place.unshift(rest % side);
    rest = Math.floor(rest / side);
  }
  return place;
}

export function indexOf(shape: readonly number[], place: readonly number[]): number {
  return place.reduce((index, at, axis) => index * shape[axis] + at, 0);
}

/** The taps of a window over [N, C, height, width] that are inside: which one of the kernel, and where. */
export function tapsOf(
  {
    kernel,
    strides,
    pads,
    dilations,
  }: Pick<ConvNode | MaxPoolNode, 'kernel' | 'strides' | 'pads' | 'dilations'>,
  [, , height, width]: readonly number[],
  y: number,
  x: number,
): readonly { readonly tap: number; readonly row: number; readonly column: number }[] {
  return Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => ({
    tap,
    row: y * strides[0] - pads[0] + Math.floor(tap / kernel[1]) * dilations[0],
    column: x * strides[1] - pads[1] + (tap % kernel[1]) * dilations[1],
  })).filter(({ row, column }) => row >= 0 && row < height && column >= 0 && column < width);
}
