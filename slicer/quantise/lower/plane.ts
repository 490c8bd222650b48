import type { OnnxNode, Windows as OnnxWindows } from '../../onnx/index.ts';
import type { Windows } from '../../integer/windows.ts';
import { unsupported, type Lowering } from './lowering.ts';

/** Windows over an image: one spatial dimension counts as an image of height 1. */
export function planeWindows(
  node: OnnxNode,
  { kernel, strides, dilations, pads }: Pick<OnnxWindows, 'kernel' | 'strides' | 'dilations' | 'pads'>,
): Windows {
  switch (kernel.length) {
    case 1:
      return {
        kernel: [1, kernel[0]],
        strides: [1, strides[0]],
        dilations: [1, dilations[0]],
        pads: [0, pads[0], 0, pads[1]],
      };
    case 2:
      return {
        kernel: [kernel[0], kernel[1]],
        strides: [strides[0], strides[1]],
        dilations: [dilations[0], dilations[1]],
        pads: [pads[0], pads[1], pads[2], pads[3]],
      };
    default:
      throw unsupported(node, `${kernel.length} spatial dimensions, only 1 and 2 are provable:`);
  }
}

/** The shape [N, C, size …] as an image's. */
export function planeShape([batch, channels, ...sizes]: readonly number[]): readonly number[] {
  return [batch, channels, ...new Array<number>(2 - sizes.length).fill(1), ...sizes];
}

/** A tensor as images. */
export function planeOf(lowering: Lowering, name: string, input: number): number {
  return lowering.reshaped(`${name}/plane`, input, planeShape(lowering.shapeOf(input)));
}
