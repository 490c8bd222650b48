import type { Bn254 } from '../curve/bn254-wasm.ts';
import { publicSignalCount, type R1cs } from '../formats/r1cs.ts';
import { readR1cs } from '../formats/r1cs-file.ts';
import { parseVerifyingKey, type VerifyingKeyJson } from '../formats/verifying-key.ts';
import { readZkey } from '../formats/zkey-file.ts';
import { domainSizeOf } from '../setup/evaluate.ts';
import { verifyingKeyOf } from '../setup/verifying-key-of.ts';
import { pointsProblem } from './key-points.ts';

/**
 * Whether a verifying key is the one in a proving key.
 * @param verifyingKey parsed JSON, from anywhere
 * @throws FormatError, BadInputError: one of the two is no key
 */
export function verifyingKeyProblem(
  curve: Bn254,
  provingKey: Uint8Array,
  verifyingKey: unknown,
): { readonly key: VerifyingKeyJson; readonly problem?: string } {
  const key = verifyingKeyOf(curve, provingKey);
  const other = parseVerifyingKey(verifyingKey);
  const part = (Object.keys(key) as (keyof VerifyingKeyJson)[]).find(
    (name) => JSON.stringify(key[name]) !== JSON.stringify(other[name]),
  );
  const extra = Object.keys(other).find((name) => !(name in key));
  const differing = part ?? extra;
  return differing === undefined ? { key } : { key, problem: `its ${differing} is not the proving key’s` };
}

/**
 * Why a proving key can't be one for this circuit: its sizes, or points that no verifier takes; undefined: nothing found. A
 * development key is not to be trusted whatever it holds, but this much is to be expected of it all the same.
 * @throws FormatError: one of the two files is none
 */
export async function sizeProblem(
  curve: Bn254,
  circuit: Uint8Array,
  provingKey: Uint8Array,
): Promise<string | undefined> {
  const r1cs = readR1cs(circuit);
  const key = readZkey(provingKey);
  const publics = publicSignalCount(r1cs);
  const expected = [r1cs.wires, publics, domainSizeOf(r1cs), terms(r1cs) + publics + 1].join(', ');
  const came = [key.wires, key.publicSignals, key.domainSize, key.coefficients].join(', ');
  if (expected !== came) return `wires, public wires, domain, terms: expected ${expected}, it is ${came}`;
  return pointsProblem(curve, key, provingKey);
}

function terms({ a, b }: R1cs): number {
  return a.wires.length + b.wires.length;
}
