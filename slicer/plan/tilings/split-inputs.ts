import { rangeRows } from '../../circuit/gadgets/bits.ts';
import { rangeOf } from '../../integer/evaluate.ts';
import { sizeOf, type IntegerProgram, type ProgramTensor } from '../../integer/program.ts';
import { MODEL_LIMITS } from '../limits.ts';
import { splitInput, type Tiled } from './tile.ts';
import { divisible, factorOf, gridBoxes, rowAxis } from './tilings.ts';
import { ProgramGraph } from '../units/units.ts';

/** An input that takes more than this share of the budget to unpack is given in pieces … */
const LARGE = 1 / 4;
/** … of at most this share, where its rows are no larger: a tile's neighbours are then unpacked for little. */
const PIECE = 1 / 8;

/**
 * The program with its large inputs in pieces, each some of the rows (or columns): every slice that reads any value of a tensor
 * has to unpack all of it. Undefined where no input is large.
 */
export function withLargeInputsSplit(
  program: IntegerProgram,
  budget: number,
  reading: (tensor: ProgramTensor) => number,
): Tiled | undefined {
  const graph = new ProgramGraph(program);
  let tiled: Tiled = { program, pieces: [] };
  for (const input of program.inputs) {
    const tensor = program.tensors[input];
    const { shape } = tensor;
    const factor = factorOf(graph, input);
    // Tiles of a product read pieces of both factors, so that there may be no more pieces than there have to be.
    const rows = factor === undefined ? sizeOf(shape) * rangeRows(rangeOf(tensor).bits) : reading(tensor);
    const least = Math.ceil(rows / (PIECE * budget));
    const wanted = Math.min(factor === undefined ? least : divisible(least), MODEL_LIMITS.slices);
    const axis = axisFor(shape, factor === 'right', rows, budget);
    const parts = Math.min(shape[axis] ?? 1, wanted);
    if (rows <= LARGE * budget || parts < 2) continue;
    const { program: next, pieces } = splitInput(
      tiled.program,
      input,
      gridBoxes(shape, { axes: [axis], parts: [parts] }),
    );
    tiled = { program: next, pieces: [...tiled.pieces, pieces] };
  }
  return tiled.pieces.length === 0 ? undefined : tiled;
}

/** The rows, or columns where those are read; the longest dimension where one is too large by itself. */
function axisFor(shape: readonly number[], byColumns: boolean, rows: number, budget: number): number {
  const axis = byColumns ? shape.length - 1 : rowAxis(shape);
  if (rows / (shape[axis] ?? 1) <= LARGE * budget) return axis;
  return shape.indexOf(Math.max(...shape));
}
