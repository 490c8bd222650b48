import type {
  G1PointStructOutput,
  G2PointStructOutput,
  VerifyingKeyStructOutput,
} from '../../protocol/contracts/generated/interfaces/ICircuitRegistry.ts';
import { parseVerifyingKey, type VerifyingKeyJson } from '../../groth16/formats/verifying-key.ts';

/** A registered key in snarkjs's form, which is what proofs are verified with off chain. */
export function keyFromRegistry(key: VerifyingKeyStructOutput): VerifyingKeyJson {
  return parseVerifyingKey({
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: key.ic.length - 1,
    vk_alpha_1: g1(key.alpha),
    vk_beta_2: g2(key.beta),
    vk_gamma_2: g2(key.gamma),
    vk_delta_2: g2(key.delta),
    ...([...key.sigma.x, ...key.sigma.y].every((word) => word === 0n) ? {} : { vk_sigma_2: g2(key.sigma) }),
    IC: key.ic.map(g1),
  });
}

function g1({ x, y }: G1PointStructOutput): [string, string, '1'] {
  return [x.toString(), y.toString(), '1'];
}

/** The registry keeps the imaginary part first, snarkjs the real part. */
function g2({ x, y }: G2PointStructOutput): [[string, string], [string, string], ['1', '0']] {
  return [
    [x[1].toString(), x[0].toString()],
    [y[1].toString(), y[0].toString()],
    ['1', '0'],
  ];
}
