import { circuitSize, constraintParts } from '../../slicer/circuit/count/count.ts';
import { commitPart, rangePart } from '../../slicer/circuit/count/parts.ts';
import type { CircuitMode } from '../../slicer/circuit/mode.ts';
import { rounded, type Benchmark } from './benchmark.ts';
import { convolutionTile, matrixByConstant, matrixProduct, tileByMatrix } from './programs.ts';

const SIZES = { channels: 64, filters: 64, height: 32, width: 32 };
/** Of a tile in the middle of the image. */
const [FIRST, END] = [8, 10];
const WIDTH = 512;

const LAYERS = [
  {
    name: 'conv 64 → 64, 3×3, 2 rows of 32',
    constants: convolutionTile(SIZES, FIRST, END),
    committed: tileByMatrix(SIZES, END - FIRST),
  },
  ...[1, 64].map((rows) => ({
    name: `dense 512 → 512, ${rows} ${rows === 1 ? 'row' : 'rows'}`,
    constants: matrixByConstant(rows, WIDTH, WIDTH),
    committed: matrixProduct(rows, WIDTH, WIDTH),
  })),
];

/** What it would cost to have one circuit for all tiles of a layer, or of several alike, with the weights as an input. */
export const weights: Benchmark = {
  name: 'weights',
  title: 'Weights as constants, and as a second input',
  run: (log) => {
    const rows: (string | number)[][] = [];
    for (const { name, constants, committed } of LAYERS) {
      for (const mode of ['bits', 'lookups'] as const satisfies readonly CircuitMode[]) {
        log(`${name}, ${mode}`);
        const own = circuitSize(constants, { mode }).qapRows;
        const all = circuitSize(committed, { mode }).qapRows;
        const { name: tensor } = committed.tensors[committed.inputs[1]];
        const edge = constraintParts(committed, { mode })
          .filter((part) => part.name === rangePart(tensor) || part.name === commitPart(tensor))
          .reduce((sum, part) => sum + part.rows, 0);
        rows.push([name, mode, own, all, rounded(all / own, 1), edge]);
      }
    }
    return Promise.resolve({
      about:
        'Rows of the QAP of one slice, everything included, with 8 bits: the weights part of the circuit, or a second tensor that the slice ' +
        'commits to and reads. The convolution by an input is the product of a matrix of its windows and one of the weights. Rows for the ' +
        'weights are those that range them and that commit to them.',
      columns: ['layer', 'mode', 'constants', 'as an input', 'times', 'rows for the weights'],
      rows,
    });
  },
};
