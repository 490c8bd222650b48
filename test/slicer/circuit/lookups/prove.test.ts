import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { groth16, wtns, zKey } from 'snarkjs';
import { afterAll, describe, expect, it } from 'vitest';
import { compileSlice } from '../../../../slicer/circuit/compile.ts';
import { writeR1cs } from '../../../../groth16/formats/r1cs-file.ts';
import { readWitness, writeWitness } from '../../../../groth16/formats/witness-file.ts';
import { openChallenger } from '../../../../groth16/lookups/challenge.ts';
import { createNativeJsBackend } from '../../../../groth16/prove/native-js/backend.ts';
import { createProverPool } from '../../../../groth16/prove/pool.ts';
import { createSnarkjsBackend } from '../../../../groth16/prove/snarkjs-backend.ts';
import { createProofVerifier } from '../../../../groth16/verify/verify.ts';
import { developmentSetup } from '../../../../groth16/setup/development-setup.ts';
import { deriveDevelopmentPhase1 } from '../../../../groth16/setup/trapdoor.ts';
import { ProgramBuilder } from '../programs.ts';
import { stopSnarkjs } from '../../../groth16/prove/snarkjs.ts';

afterAll(stopSnarkjs);

const build = new ProgramBuilder();
const x = build.input([1, 12], { signed: true, bits: 8 });
let weight = 5;
const next = (): number => ((weight = (weight * 37 + 11) % 61), weight - 30);
const program = build.program([build.rescale(build.gemm(x, 10, next), 6, { signed: false, bits: 8 }, true)]);
const seed = new TextEncoder().encode('lookups');
const slice = compileSlice(program, { mode: 'lookups' });
const { provingKey, verifyingKey } = await developmentSetup(slice.r1cs, {
  phase1: deriveDevelopmentPhase1(seed),
  seed,
});
const challenger = await openChallenger(provingKey);
const request = {
  inputs: [Float64Array.from({ length: 12 }, (_, i) => 17 * i - 100)],
  inputSalts: [11n],
  outputSalts: [22n],
  tag: 33n,
};
const made = slice.computeWitness({ ...request, challenge: challenger!.source(randomBytes) });
const witness = writeWitness(made.values);
const signals = made.publicSignals.map(String);
const verifier = await createProofVerifier(verifyingKey);

describe('a proof with committed wires', () => {
  it.each([createNativeJsBackend(), createSnarkjsBackend()])('holds, made by $name', async (backend) => {
    const { proof, publicSignals } = await backend.prove({ provingKey, witness });
    expect(publicSignals).toEqual(signals);
    expect(verifier.verify(signals, proof)).toEqual({ ok: true });
  });

  const inClone = (file: string): string => fileURLToPath(new URL(`../../../../${file}`, import.meta.url));
  it.each([
    [
      'command',
      [
        inClone('node_modules/snarkjs/build/cli.cjs'),
        ...['groth16', 'prove', '{zkey}', '{witness}', '{proof}', '{public}'],
      ],
    ],
    ['command-worker', [inClone('examples/provers/snarkjs-worker.js')]],
  ] as const)(
    'holds, made by an external program that knows nothing of commitments (%s)',
    async (backend, program) => {
      const command = [process.execPath, ...program];
      const pool = createProverPool({ backend, workers: 1, command, timeoutSeconds: 3_600 });
      try {
        const { proof, publicSignals } = await pool.prove({ provingKey, witness });
        expect(publicSignals).toEqual(signals);
        expect(verifier.verify(signals, proof)).toEqual({ ok: true });
      } finally {
        await pool.close();
      }
    },
  );

  it('is one for snarkjs too, once the challenge and the committed wires are revealed', async () => {
    expect(
      await wtns.check({ type: 'mem', data: writeR1cs(slice.r1cs) }, { type: 'mem', data: witness }),
    ).toBe(true);
    const { proof } = await createNativeJsBackend().prove({ provingKey, witness });
    const revealed = readWitness(witness)
      .slice(1, 1 + slice.r1cs.publicInputs)
      .map(String);
    const key = await zKey.exportVerificationKey({ type: 'mem', data: provingKey });
    expect(await groth16.verify(key, revealed, proof)).toBe(true);
    expect(await groth16.verify(key, revealed.with(3, String(BigInt(revealed[3]) + 1n)), proof)).toBe(false);
  });
});
