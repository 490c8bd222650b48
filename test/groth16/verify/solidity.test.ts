import { groth16 } from 'snarkjs';
import { afterAll, describe, expect, it } from 'vitest';
import { writeWitness } from '../../../groth16/formats/witness-file.ts';
import { createSnarkjsBackend } from '../../../groth16/prove/snarkjs-backend.ts';
import {
  proofFromSolidity,
  proofToSolidity,
  verifyingKeyToSolidity,
} from '../../../groth16/verify/solidity.ts';
import { developmentSetup } from '../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../groth16/setup/trapdoor.ts';
import { squarings } from '../formats/circuits.ts';
import { stopSnarkjs } from '../prove/snarkjs.ts';

afterAll(stopSnarkjs);

const seed = new TextEncoder().encode('solidity');
const { r1cs, witness } = squarings(3, 3n);
const { provingKey, verifyingKey } = await developmentSetup(r1cs, {
  phase1: deriveDevelopmentPhase1(seed),
  seed,
});
const { proof, publicSignals } = await createSnarkjsBackend().prove({
  provingKey,
  witness: writeWitness(witness),
});

describe('the order of the contracts', () => {
  it("is that of snarkjs's own call data for a proof, and back", async () => {
    const callData = JSON.parse(`[${await groth16.exportSolidityCallData(proof, publicSignals)}]`) as [
      string[],
      string[][],
      string[],
      string[],
    ];
    const { a, b, c } = proofToSolidity(proof);
    expect([a.x, a.y]).toEqual(callData[0].map(BigInt));
    expect([b.x, b.y]).toEqual(callData[1].map((pair) => pair.map(BigInt)));
    expect([c.x, c.y]).toEqual(callData[2].map(BigInt));
    expect(proofFromSolidity(proofToSolidity(proof))).toEqual(proof);
  });

  it("has the generator of G2 of EIP-197 as a development key's γ", () => {
    const key = verifyingKeyToSolidity(verifyingKey);
    expect(key.gamma).toEqual({
      x: [
        11559732032986387107991004021392285783925812861821192530917403151452391805634n,
        10857046999023057135944570762232829481370756359578518086990519993285655852781n,
      ],
      y: [
        4082367875863433681332203403145435568316851327593401208105741076214120093531n,
        8495653923123431417604973247489272438418190587263600148770280649306958101930n,
      ],
    });
    expect(key.ic).toHaveLength(3);
    expect(key.alpha).toEqual({
      x: BigInt(verifyingKey.vk_alpha_1[0]),
      y: BigInt(verifyingKey.vk_alpha_1[1]),
    });
    expect(key.sigma).toEqual({ x: [0n, 0n], y: [0n, 0n] });
  });
});
