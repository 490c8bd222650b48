import type { ManifestSlice } from '../../../protocol/manifest.ts';

/**
 * How many of a circuit's public wires are committed, which its file doesn't say: those past the commitments of its
 * tensors, the tag and the challenge. 0 where there is no challenge.
 */
export function committedOf(
  { inputs, outputs }: Pick<ManifestSlice, 'inputs' | 'outputs'>,
  publicWires: number,
): number {
  const shown = inputs.length + outputs.length + 1;
  return Math.max(0, publicWires - shown - 1);
}
