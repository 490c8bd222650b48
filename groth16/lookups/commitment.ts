import { BYTES, loadBn254 } from '../curve/bn254-wasm.ts';
import { createBn254Kernel } from '../kernel/bn254-kernel.ts';
import { g1FromMontgomery } from '../curve/points.ts';
import type { G1Point } from '../curve/points.ts';
import { FIELD_BYTES } from '../formats/bn254.ts';
import { witnessBody } from '../formats/witness-file.ts';
import { readZkey } from '../formats/zkey-file.ts';
import type { ProvedStatement } from '../prove/backend.ts';
import { loadPoints } from '../prove/native-js/key.ts';
import { createMultiScalar } from '../prove/native-js/msm.ts';
import { signedScalars } from '../prove/native-js/scalars.ts';

/** What commits to the values of a circuit's committed wires. */
export interface CommitmentKey {
  /** Commitments and tag: the public wires that a verifier is given. The challenge and the committed wires follow. */
  readonly signals: number;
  readonly committed: number;
  /**
   * D = Σ c_j·IC_j.
   *
   * @param values of the committed wires, 32 bytes little-endian each
   * @throws ProveError PROVE_SCALAR_RANGE
   */
  commit(values: Uint8Array): G1Point;
  /** K = σ·D for the same values, from points that only the committed wires have. */
  vouch(values: Uint8Array): G1Point;
}

/**
 * The part of a proving key that commits; undefined for a plain key.
 *
 * @throws FormatError as readZkey
 */
export async function openCommitmentKey(provingKey: Uint8Array): Promise<CommitmentKey | undefined> {
  const { committed, publicSignals, ic, sigmaIc } = readZkey(provingKey);
  if (committed === 0) return undefined;
  const curve = await loadBn254();
  const { g1 } = createBn254Kernel(curve).sums;
  const multiScalar = createMultiScalar(curve, g1);
  const load = (points: Uint8Array): ReturnType<typeof loadPoints> =>
    loadPoints(curve, g1, points, (index) => index);
  const points = load(ic.subarray((publicSignals + 1 - committed) * BYTES.g1));
  const scaled = load(sigmaIc);
  const out = curve.alloc(BYTES.g1Jacobian);
  const sum = (of: typeof points, values: Uint8Array): G1Point => {
    multiScalar.multiply(of, signedScalars(values), out);
    curve.fn.g1m_toAffine(out, out);
    return g1FromMontgomery(curve, curve.bytes(out, BYTES.g1).slice());
  };
  return {
    signals: publicSignals - committed - 1,
    committed,
    commit: (values) => sum(points, values),
    vouch: (values) => sum(scaled, values),
  };
}

/** Puts D and K into a proof whose prover took the committed wires for public ones, and takes those wires away. */
export function withCommitment(
  key: CommitmentKey | undefined,
  witness: Uint8Array,
  { proof, publicSignals }: ProvedStatement,
): ProvedStatement {
  if (key === undefined) return { proof, publicSignals };
  const first = 2 + key.signals;
  const values = witnessBody(witness).subarray(first * FIELD_BYTES, (first + key.committed) * FIELD_BYTES);
  return {
    proof: { ...proof, pi_d: g1Json(key.commit(values)), pi_k: g1Json(key.vouch(values)) },
    publicSignals: publicSignals.slice(0, key.signals),
  };
}

function g1Json({ x, y }: G1Point): [string, string, '1'] {
  return [x.toString(), y.toString(), '1'];
}
