import { buildEddsa } from 'circomlibjs';
import type { CircuitInputs } from '../../../groth16/index.ts';

/** A file of this folder that has a main component. */
export type CircomCircuit = 'poseidon' | 'merkle-32' | 'eddsa' | 'sha256';

const DEPTH = 32;
const MESSAGE_BITS = 447;
const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const MESSAGE = 1234n;

/** Inputs that satisfy a circuit. */
export async function inputsOf(circuit: CircomCircuit): Promise<CircuitInputs> {
  switch (circuit) {
    case 'poseidon':
      return { inputs: [3, 4] };
    case 'merkle-32': {
      const levels = [...new Array<unknown>(DEPTH).keys()];
      return { leaf: 7, siblings: levels.map((level) => level + 1), right: levels.map((level) => level % 2) };
    }
    case 'eddsa':
      return signature();
    case 'sha256':
      return { in: Array.from({ length: MESSAGE_BITS }, (_, i) => (i * i + (i >> 2)) % 2) };
  }
}

async function signature(): Promise<CircuitInputs> {
  const eddsa = await buildEddsa();
  const { F } = eddsa.babyJub;
  const [Ax, Ay] = eddsa.prv2pub(KEY).map((each) => F.toObject(each));
  const { R8, S } = eddsa.signPoseidon(KEY, F.e(MESSAGE));
  const [R8x, R8y] = R8.map((each) => F.toObject(each));
  return { enabled: 1, Ax, Ay, R8x, R8y, S, M: MESSAGE };
}
