import { countConstraints } from '../../slicer/circuit/count/count.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import type { R1cs } from '../../groth16/formats/r1cs.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';
import { convolution, inputsOf } from './programs.ts';

/** A slice as the planner makes them, with a witness: what proving is measured on. */
export interface SliceCircuit {
  readonly r1cs: R1cs;
  /** Evaluates the slice and writes the .wtns file. */
  readonly makeWitness: () => Uint8Array;
}

/** The public signals and the constant take rows of the domain too. */
const SIGNAL_ROWS = 8;

/** A convolution that fills a domain of 2^power rows as well as its shape allows. */
export function sliceProgram(power: number): IntegerProgram {
  const ofWidth = (width: number): IntegerProgram =>
    convolution({ channels: 4, filters: 4, height: 4, width });
  let width = 1;
  while (countConstraints(ofWidth(width + 1)) + SIGNAL_ROWS < 2 ** power) width++;
  return ofWidth(width);
}

export function sliceCircuit(power: number): SliceCircuit {
  const program = sliceProgram(power);
  const { r1cs, computeWitness } = compileSlice(program);
  const inputs = inputsOf(program);
  return {
    r1cs,
    makeWitness: () =>
      writeWitness(computeWitness({ inputs, inputSalts: [1n], outputSalts: [2n], tag: 3n }).values),
  };
}
