import { countConstraints } from '../../slicer/circuit/count.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { writeWitness } from '../../slicer/formats/witness-file.ts';
import type { R1cs } from '../../slicer/formats/r1cs.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';

/** A slice as the planner makes them, with a witness: what proving is measured on. */
export interface SliceCircuit {
  readonly r1cs: R1cs;
  /** Evaluates the slice and writes the .wtns file. */
  readonly makeWitness: () => Uint8Array;
}

/** The public signals and the constant take rows of the domain too. */
const SIGNAL_ROWS = 8;

/** A convolution with ReLU over 8-bit values that fills a domain of 2^power rows as well as its shape allows. */
export function sliceCircuit(power: number): SliceCircuit {
  let width = 4;
  while (countConstraints(convolution(width + 1)) + SIGNAL_ROWS < 2 ** power) width++;
  const program = convolution(width);
  const { r1cs, computeWitness } = compileSlice(program);
  const [input] = program.inputs;
  const size = program.tensors[input].shape.reduce((product, side) => product * side, 1);
  const draw = numbers();
  const image = Float64Array.from({ length: size }, () => draw(0, 255));
  return {
    r1cs,
    makeWitness: () =>
      writeWitness(computeWitness({ inputs: [image], inputSalts: [1n], outputSalts: [2n], tag: 3n }).values),
  };
}

const CHANNELS = 4;
const HEIGHT = 4;

function convolution(width: number): IntegerProgram {
  const draw = numbers();
  const shape = [1, CHANNELS, HEIGHT, width];
  const range = { signed: false, bits: 8 };
  const tensor = (name: string): { name: string; shape: number[]; scale: number } => ({
    name,
    shape,
    scale: 7,
  });
  return {
    tensors: [{ ...tensor('image'), range }, tensor('sum'), { ...tensor('activation'), range }],
    inputs: [0],
    outputs: [2],
    nodes: [
      {
        kind: 'conv',
        name: 'conv',
        input: 0,
        output: 1,
        kernel: [3, 3],
        strides: [1, 1],
        pads: [1, 1, 1, 1],
        dilations: [1, 1],
        groups: 1,
        weights: Int32Array.from({ length: CHANNELS * CHANNELS * 9 }, () => draw(-127, 127)),
        bias: Float64Array.from({ length: CHANNELS }, () => draw(-8_000, 8_000)),
      },
      { kind: 'rescale', name: 'relu', input: 1, output: 2, shift: 9, relu: true },
    ],
  };
}

/** The same numbers every time: a linear congruential generator (Numerical Recipes). */
function numbers(): (low: number, high: number) => number {
  let state = 1;
  return (low, high) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return low + Math.floor((state / 2 ** 32) * (high - low + 1));
  };
}
