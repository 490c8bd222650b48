import type { IntegerProgram } from '../../integer/program.ts';
import type { CircuitMode } from '../../circuit/mode.ts';
import { STATEMENT_ROWS } from '../../../groth16/formats/r1cs.ts';

/** The circuit that a program gets. */
export interface CircuitCost {
  readonly mode: CircuitMode;
  /** Exactly the rows that the compiler makes, one more for each committed wire; 0: it can't be proved, and has no circuit. */
  readonly constraints: number;
  /** Values of the witness that are as large as the field, those in hashes not counted. Default none. */
  readonly inverses?: number;
}

/** The circuit of a program in the mode that proves it for least, without compiling it. */
export type CostOf = (program: IntegerProgram) => CircuitCost;

/** What one slice costs whoever proves it. */
export interface SliceFigures extends CircuitCost {
  /** Tensors that it writes: each is an entry of the trace. */
  readonly outputs: number;
  /** Rows of the proving key's domain, a power of two; 0 where there is no circuit. */
  readonly domain: number;
  /** CPU seconds of a proof by the native-js backend on one thread of the machine of bench/README.md. */
  readonly seconds: number;
  /** Peak memory of the process that proves it. */
  readonly mebibytes: number;
}

/**
 * Measured with native-js on circuits of 3,104 to 65,213 constraints, full and half-full domains:
 * seconds = 0.1 + 10⁻⁵ · constraints + 1.5 · 10⁻⁵ · domain, within a tenth but for the smallest. The FFTs and the
 * MSM over H follow the domain, building A·w and B·w and the other MSMs follow the constraints. Each inverse of a
 * circuit of lookups, a full-size term in two MSMs, takes 7 · 10⁻⁵ more (measured on 10,880 and 14,080 of them).
 */
const SECONDS = { proof: 0.1, constraint: 1e-5, row: 1.5e-5, inverse: 7e-5 } as const;

/** From the same measurements: 92 MiB at 2^12, 124 at 2^14, 134 at 2^15, 145 at 2^16. */
const MEBIBYTES = { process: 95, row: 0.8 / 1024 } as const;

/**
 * Size of the domain that a circuit needs: the next power of two from its rows on and what any statement may have.
 */
export function domainSize(constraints: number): number {
  return 2 ** Math.ceil(Math.log2(constraints + STATEMENT_ROWS));
}

/** What proving a circuit takes: nothing where there is none. */
export function figuresOf(circuit: CircuitCost, outputs: number): SliceFigures {
  if (circuit.constraints === 0) return { ...circuit, outputs, domain: 0, seconds: 0, mebibytes: 0 };
  const domain = domainSize(circuit.constraints);
  return {
    ...circuit,
    outputs,
    domain,
    seconds:
      SECONDS.proof +
      SECONDS.constraint * circuit.constraints +
      SECONDS.row * domain +
      SECONDS.inverse * (circuit.inverses ?? 0),
    mebibytes: MEBIBYTES.process + MEBIBYTES.row * domain,
  };
}
