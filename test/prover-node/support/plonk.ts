// PLONK in place of Groth16, by snarkjs: another proof system, with a verifier contract of its own.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ContractFactory, type Signer } from 'ethers';
import * as snarkjs from 'snarkjs';
import { PlonkSliceVerifier__factory } from '../../../protocol/contracts/generated/index.ts';
import type { GroupName } from '../../../groth16/curve/group.ts';
import { loadBn254 } from '../../../groth16/curve/bn254-wasm.ts';
import { rootOfUnity } from '../../../groth16/curve/root-of-unity.ts';
import { BASE_FIELD, SCALAR_FIELD, writeLittleEndian } from '../../../groth16/formats/bn254.ts';
import { writeFileBytes, type Section } from '../../../groth16/formats/sections.ts';
import { createBn254Kernel } from '../../../groth16/kernel/bn254-kernel.ts';
import { BATCH, createFixedBase } from '../../../groth16/setup/fixed-base.ts';

/** What of snarkjs only these tests call. */
export const { plonk, zKey } = snarkjs as unknown as {
  readonly plonk: {
    setup(r1cs: string, phase1: string, zkey: string): Promise<void>;
    prove(zkey: string, witness: string): Promise<{ proof: unknown; publicSignals: readonly string[] }>;
    exportSolidityCallData(proof: unknown, publicSignals: readonly string[]): Promise<string>;
  };
  readonly zKey: {
    exportSolidityVerifier(zkey: string, templates: Readonly<Record<string, string>>): Promise<string>;
  };
};

const G1_BYTES = 64;
const WINDOW_BITS = 8;

/**
 * A phase 1 for PLONK circuits of 2^power gates, from a secret that is known: for trials. The points follow from scalars,
 * without the hour that a ceremony's file takes to prepare.
 */
export async function developmentPhase1(power: number, tau: bigint): Promise<Uint8Array> {
  const size = 2 ** power;
  const curve = await loadBn254();
  const { sums } = createBn254Kernel(curve);
  const points = (group: GroupName, scalars: readonly bigint[]): Uint8Array => {
    const base = createFixedBase(curve, sums[group], WINDOW_BITS);
    const batches: Uint8Array[] = [];
    for (let from = 0; from < scalars.length; from += BATCH) {
      const batch = scalars.slice(from, from + BATCH);
      const bytes = new Uint8Array(32 * batch.length);
      batch.forEach((scalar, i) => writeLittleEndian(bytes.subarray(32 * i, 32 * i + 32), 0, scalar));
      batches.push(base.multiply(bytes).slice());
    }
    return Buffer.concat(batches);
  };
  const powers = [1n];
  for (let i = 1; i < 2 * size; i++) powers.push((powers[i - 1] * tau) % SCALAR_FIELD);
  const header = new Uint8Array(4 + 32 + 8);
  const view = new DataView(header.buffer);
  view.setUint32(0, 32, true);
  writeLittleEndian(header.subarray(4, 36), 0, BASE_FIELD);
  view.setUint32(36, power, true);
  view.setUint32(40, power, true);
  // Lagrange points of each smaller power come first, and are not asked for.
  const lagrange = Buffer.concat([
    Buffer.alloc((size - 1) * G1_BYTES),
    points('g1', lagrangeAt(tau, size, powers[size])),
  ]);
  const section = (id: number, bytes: Uint8Array): Section => ({ id, length: bytes.length, pieces: [bytes] });
  return writeFileBytes({ magic: 'ptau', version: 1 }, [
    section(1, header),
    section(2, points('g1', powers)),
    section(3, points('g2', powers.slice(0, 2))),
    section(12, lagrange),
  ]);
}

/** L_i(τ) over the domain of this size: ω^i (τ^n − 1) / (n (τ − ω^i)). */
function lagrangeAt(tau: bigint, size: number, tauToTheSize: bigint): bigint[] {
  const root = rootOfUnity(size);
  const factor = (tauToTheSize - 1n) * inverse(BigInt(size));
  const values: bigint[] = [];
  for (let i = 0, power = 1n; i < size; i++, power = (power * root) % SCALAR_FIELD) {
    values.push(modulo(((power * factor) % SCALAR_FIELD) * inverse(modulo(tau - power))));
  }
  return values;
}

function modulo(value: bigint): bigint {
  return ((value % SCALAR_FIELD) + SCALAR_FIELD) % SCALAR_FIELD;
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [SCALAR_FIELD, modulo(value), 0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return modulo(x);
}

const require = createRequire(import.meta.url);

interface CompilerOutput {
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<Record<string, { readonly evm: { readonly bytecode: { readonly object: string } } }>>
    >
  >;
}

/** The verifier that snarkjs writes for a key, compiled. */
async function compiledVerifier(zkey: string): Promise<string> {
  const templates = path.join(import.meta.dirname, '..', '..', '..', 'node_modules', 'snarkjs', 'templates');
  const source = await zKey.exportSolidityVerifier(zkey, {
    plonk: readFileSync(path.join(templates, 'verifier_plonk.sol.ejs'), 'utf8'),
  });
  const solc = require('solc') as { compile(input: string): string };
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: { 'PlonkVerifier.sol': { content: source } },
        settings: {
          optimizer: { enabled: true, runs: 1000 },
          evmVersion: 'prague',
          outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
        },
      }),
    ),
  ) as CompilerOutput;
  return output.contracts['PlonkVerifier.sol']['PlonkVerifier'].evm.bytecode.object;
}

/** Sets a circuit up for PLONK and deploys what verifies its proofs as slices. */
export async function setUpPlonk(
  { r1cs, folder, power }: { readonly r1cs: string; readonly folder: string; readonly power: number },
  signer: Signer,
): Promise<{ readonly zkey: string; readonly verifier: string }> {
  const [phase1, zkey] = [path.join(folder, 'plonk.ptau'), path.join(folder, 'plonk.zkey')];
  await writeFile(phase1, await developmentPhase1(power, 123_456_789_123_456_789n));
  await plonk.setup(r1cs, phase1, zkey);
  const own = await new ContractFactory([], await compiledVerifier(zkey), signer).deploy();
  await own.waitForDeployment();
  const adapter = await new PlonkSliceVerifier__factory(signer).deploy(await own.getAddress());
  await adapter.waitForDeployment();
  return { zkey, verifier: await adapter.getAddress() };
}
