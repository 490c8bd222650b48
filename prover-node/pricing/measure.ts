import type { Log } from '../../protocol/log.ts';
import { compileSlice } from '../../slicer/circuit/compile.ts';
import { writeWitness } from '../../groth16/formats/witness-file.ts';
import type { IntegerProgram } from '../../slicer/integer/program.ts';
import type { ProverPool } from '../../groth16/prove/pool.ts';
import { developmentSetup } from '../../groth16/setup/development-setup.ts';
import { sampleDevelopmentPhase1 } from '../../groth16/setup/trapdoor.ts';
import { verifyProof } from '../../groth16/verify/verify.ts';
import type { Speed } from './speed.ts';

/** Values of the program that is proved: about 2,300 constraints, half a second to set up. */
const VALUES = 64;

/** Names this measurement among the circuits that were measured. */
const CIRCUIT = 'measured-at-start';

/** A layer of the size and kind that slices have: a linear map, ReLU and rescaling. */
export const MEASURED: IntegerProgram = {
  tensors: [
    { name: 'input', shape: [1, VALUES], scale: 0, range: { signed: false, bits: 8 } },
    { name: 'accumulator', shape: [1, VALUES], scale: 0 },
    { name: 'output', shape: [1, VALUES], scale: 0, range: { signed: false, bits: 8 } },
  ],
  inputs: [0],
  outputs: [2],
  nodes: [
    {
      kind: 'gemm',
      name: 'linear',
      input: 0,
      output: 1,
      weights: Int32Array.from({ length: VALUES * VALUES }, (_, i) => ((i * 37) % 15) - 7),
      bias: new Float64Array(VALUES),
    },
    { kind: 'rescale', name: 'activation', input: 1, output: 2, shift: 8, relu: true },
  ],
};

/** What a proof of the measuring circuit was made of, and took. */
export interface Trial {
  readonly constraints: number;
  /** Of the second proof, when the worker is warm. */
  readonly proveSeconds: number;
  /** Whether that proof holds under the circuit's key. */
  readonly holds: boolean;
}

/** Proves a small circuit of its own twice, and verifies what came. */
export async function tryProver(
  pool: Pick<ProverPool, 'prove'>,
  randomBytes: (size: number) => Uint8Array<ArrayBuffer>,
): Promise<Trial> {
  const { r1cs, computeWitness } = compileSlice(MEASURED);
  const phase1 = sampleDevelopmentPhase1(randomBytes);
  const { provingKey, verifyingKey } = await developmentSetup(r1cs, { phase1 });
  const { values } = computeWitness({
    inputs: [new Float64Array(VALUES)],
    inputSalts: [0n],
    outputSalts: [0n],
    tag: 0n,
  });
  const witness = writeWitness(values);
  await pool.prove({ provingKey, witness });
  const { proof, publicSignals, proveSeconds } = await pool.prove({ provingKey, witness });
  const { ok: holds } = await verifyProof(verifyingKey, publicSignals, proof);
  return { constraints: r1cs.constraints, proveSeconds, holds };
}

/** Measures how fast this machine proves, if nothing was ever measured. */
export async function measureSpeed(
  speed: Speed,
  pool: Pick<ProverPool, 'prove'>,
  randomBytes: (size: number) => Uint8Array<ArrayBuffer>,
  log: Log,
): Promise<void> {
  if (speed.secondsPerThousandConstraints !== undefined) return;
  const { constraints, proveSeconds } = await tryProver(pool, randomBytes);
  await speed.record(CIRCUIT, constraints, proveSeconds);
  log.info(
    { constraints, proveSeconds, secondsPerThousandConstraints: speed.secondsPerThousandConstraints },
    'speed measured',
  );
}
