import { BYTES } from '../curve/bn254-wasm.ts';
import type { Bn254 } from '../curve/bn254-wasm.ts';
import { g1FromMontgomery, g2FromMontgomery } from '../curve/points.ts';
import type { G1Point, G2Point } from '../curve/points.ts';
import { readLittleEndian } from '../formats/bn254.ts';
import type { VerifyingKeyJson } from '../formats/verifying-key.ts';
import { readZkeyHeader } from '../formats/zkey-file.ts';

/**
 * The verifying key that a proving key holds. Of a plain key it equals what snarkjs exports; of one with committed
 * wires it lacks their points and has σ.
 *
 * @throws FormatError as readZkeyHeader
 */
export function verifyingKeyOf(curve: Bn254, provingKey: Uint8Array): VerifyingKeyJson {
  const header = readZkeyHeader(provingKey);
  const shown = header.publicSignals - header.committed;
  const ic = Array.from({ length: shown + 1 }, (_, index) =>
    g1Json(g1FromMontgomery(curve, header.ic.subarray(index * BYTES.g1, (index + 1) * BYTES.g1))),
  );
  return {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: shown,
    vk_alpha_1: g1Json(g1FromMontgomery(curve, header.alpha1)),
    vk_beta_2: g2Json(g2FromMontgomery(curve, header.beta2)),
    vk_gamma_2: g2Json(g2FromMontgomery(curve, header.gamma2)),
    vk_delta_2: g2Json(g2FromMontgomery(curve, header.delta2)),
    ...(header.committed === 0 ? {} : { vk_sigma_2: g2Json(g2FromMontgomery(curve, header.sigma2)) }),
    vk_alphabeta_12: pairingJson(curve, header.alpha1, header.beta2),
    IC: ic,
  };
}

function g1Json(point: G1Point): VerifyingKeyJson['vk_alpha_1'] {
  return [point.x.toString(), point.y.toString(), '1'];
}

function g2Json({ x, y }: G2Point): VerifyingKeyJson['vk_beta_2'] {
  return [
    [x.re.toString(), x.im.toString()],
    [y.re.toString(), y.im.toString()],
    ['1', '0'],
  ];
}

/** e(p, q) as two times three times two coordinates of the base field. */
function pairingJson(curve: Bn254, p: Uint8Array, q: Uint8Array): VerifyingKeyJson['vk_alphabeta_12'] {
  return curve.scratch(() => {
    const g1 = curve.alloc(BYTES.g1Jacobian);
    const g2 = curve.alloc(BYTES.g2Jacobian);
    const target = curve.alloc(BYTES.target);
    curve.bytes(g1, BYTES.g1).set(p);
    curve.bytes(g2, BYTES.g2).set(q);
    curve.fn.g1m_toJacobian(g1, g1);
    curve.fn.g2m_toJacobian(g2, g2);
    curve.fn.bn128_pairing(g1, g2, target);
    curve.fn.ftm_fromMontgomery(target, target);
    const bytes = curve.bytes(target, BYTES.target);
    const pair = (index: number): [string, string] => [
      readLittleEndian(bytes, index * 64).toString(),
      readLittleEndian(bytes, index * 64 + 32).toString(),
    ];
    return [
      [pair(0), pair(1), pair(2)],
      [pair(3), pair(4), pair(5)],
    ];
  });
}
