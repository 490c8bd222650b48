import type { Box, Whole } from '../../../protocol/box.ts';
import type { Pieces } from './tile.ts';

/**
 * What became of a tensor: itself, or its pieces with where they lie in it. Pieces may have been cut again.
 * @param cuts in any order
 */
export function piecesOf(tensor: number, whole: Box, cuts: readonly Pieces[]): Whole['pieces'] {
  const cut = cuts.find((pieces) => pieces.whole === tensor);
  if (!cut) return [{ tensor, ...whole }];
  return cut.boxes.flatMap((box, i) => piecesOf(cut.tensors[i], moved(box, whole.start), cuts));
}

function moved({ start, end }: Box, by: readonly number[]): Box {
  return { start: start.map((at, axis) => at + by[axis]), end: end.map((at, axis) => at + by[axis]) };
}
