import type { Windows } from '../../integer/windows.ts';
import type { Lowering } from './lowering.ts';

/**
 * What a transposed convolution convolves: the image with stride − 1 zeros between neighbours, and what is cut
 * off where its padding is larger than the kernel reaches.
 * @param sizes of the output, one or two
 */
export function spreadImage(
  lowering: Lowering,
  name: string,
  input: number,
  { kernel, strides, dilations, pads }: Windows,
  sizes: readonly number[],
): { readonly image: number; readonly pads: Windows['pads'] } {
  const [batch, channels, ...given] = lowering.shapeOf(input);
  const output = sizes.length === 1 ? [1, sizes[0]] : sizes;
  const axes = ([0, 1] as const).map((axis) => {
    const reach = (kernel[axis] - 1) * dilations[axis];
    const full = (given[axis] - 1) * strides[axis] + 1;
    const before = reach - pads[axis];
    const after = output[axis] + reach - full - before;
    const first = Math.max(0, -before);
    const end = full - Math.max(0, -after);
    return { before: Math.max(0, before), after: Math.max(0, after), first, size: end - first };
  });
  const [rows, columns] = axes;
  const indices = new Int32Array(batch * channels * rows.size * columns.size);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let y = rows.first; y < rows.first + rows.size; y++) {
      for (let x = columns.first; x < columns.first + columns.size; x++) {
        const there = y % strides[0] === 0 && x % strides[1] === 0;
        indices[at++] = there ? (plane * given[0] + y / strides[0]) * given[1] + x / strides[1] : -1;
      }
    }
  }
  const shape = [batch, channels, rows.size, columns.size];
  return {
    image: lowering.gathered(`${name}/spread`, input, shape, indices),
    pads: [rows.before, columns.before, rows.after, columns.after],
  };
}
