import { BadInputError } from '../../protocol/errors.ts';
import { BYTES, type Bn254 } from '../curve/bn254-wasm.ts';
import type { ZkeyContents } from '../formats/zkey-file.ts';
import { createProofVerifier } from '../verify/verify.ts';
import { verifyingKeyOf } from '../setup/verifying-key-of.ts';

const POINTS_A_TURN = 4_096;

/**
 * Which of a proving key's points no honest setup gives; undefined: none. Checked are the points that
 * contributions change (δ and the two sections over it) and those that verifiers use. The others are compared with the key
 * before any contribution by `zkey verify`, which itself never looks whether a point is in its group.
 */
export async function pointsProblem(
  curve: Bn254,
  { c, h, delta2, gamma2, ...key }: ZkeyContents,
  bytes: Uint8Array,
): Promise<string | undefined> {
  if (Buffer.compare(delta2, gamma2) === 0) return 'δ is γ: anyone can forge proofs';
  const offCurve = firstOffCurve(curve, key.delta1) ?? firstOffCurve(curve, c) ?? firstOffCurve(curve, h);
  if (offCurve !== undefined) return 'a point is not on the curve';
  try {
    await createProofVerifier(verifyingKeyOf(curve, bytes));
  } catch (error) {
    if (error instanceof BadInputError) return error.message;
    throw error;
  }
  return undefined;
}

/** Index of the first point of G1 that is not on the curve; a wire that occurs nowhere has the point at infinity. */
function firstOffCurve(curve: Bn254, points: Uint8Array): number | undefined {
  const count = points.length / BYTES.g1;
  return curve.scratch(() => {
    const at = curve.alloc(POINTS_A_TURN * BYTES.g1);
    for (let first = 0; first < count; first += POINTS_A_TURN) {
      const some = points.subarray(first * BYTES.g1, (first + POINTS_A_TURN) * BYTES.g1);
      curve.bytes(at, some.length).set(some);
      for (let i = 0; i * BYTES.g1 < some.length; i++) {
        const point = some.subarray(i * BYTES.g1, (i + 1) * BYTES.g1);
        if (point.every((byte) => byte === 0)) continue;
        if (!curve.fn.g1m_inCurveAffine(at + i * BYTES.g1)) return first + i;
      }
    }
    return undefined;
  });
}
