import { z } from 'zod';
import { expect } from './expect.ts';

/** How windows lie over the two last dimensions of an image [N, C, H, W]. */
export interface Windows {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** top, left, bottom, right (ONNX order). */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

const side = z.int().min(1).max(65_536);
const padding = z.int().min(0).max(65_536);

export const windowFields = {
  kernel: z.tuple([side, side]),
  strides: z.tuple([side, side]),
  pads: z.tuple([padding, padding, padding, padding]),
  dilations: z.tuple([side, side]),
};

/** The windows of a node in the order of keys that a file has. */
export function encodeWindows({ kernel, strides, pads, dilations }: Windows): {
  kernel: [number, number];
  strides: [number, number];
  pads: [number, number, number, number];
  dilations: [number, number];
} {
  return { kernel: [...kernel], strides: [...strides], pads: [...pads], dilations: [...dilations] };
}

/** The side of a pooled or convolved axis: floor((size + pads − reach) / stride) + 1. */
export function windowCount(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  return Math.floor((size + padding - ((kernel - 1) * dilation + 1)) / stride) + 1;
}

/** The shape that a node with windows writes. @throws IntegerProgramError PROGRAM_INVALID */
export function windowShape(
  { name, kernel, strides, pads, dilations }: Windows & { readonly name: string },
  shape: readonly number[],
  channels: number,
): readonly number[] {
  expect(shape.length === 4, `${name}: expected an input of shape N×C×H×W`);
  const sideOf = (axis: 0 | 1): number =>
    windowCount(shape[axis + 2], kernel[axis], strides[axis], pads[axis] + pads[axis + 2], dilations[axis]);
  return [shape[0], channels, sideOf(0), sideOf(1)];
}
