import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect, promisify } from 'node:util';
import { poseidon2 } from 'poseidon-lite';
import { groth16, wtns, zKey } from 'snarkjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  developmentSetup,
  exportVerificationKey,
  fullProve,
  prove,
  setup,
  terminate,
  verify,
} from '../../../groth16/index.ts';
import type { FileToRead, MemoryFile } from '../../../groth16/index.ts';
import { compileCircom } from '../../../scripts/bench/compile-circom.ts';
import type { CompiledCircom } from '../../../scripts/bench/compile-circom.ts';
import { codeOf } from '../../support/doc-blocks.ts';
import { copyRehearsal } from '../../support/rehearsal.ts';
import { stopSnarkjs } from '../prove/snarkjs.ts';

const circuits = path.resolve(import.meta.dirname, '..', '..', '..', 'scripts', 'bench', 'circom');

let folder: string;
let hash: CompiledCircom;
const place = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-alone-'));
  hash = await compileCircom(path.join(circuits, 'poseidon.circom'), folder);
  await developmentSetup(hash.r1cs, place('poseidon.zkey'));
});

afterAll(async () => {
  await terminate();
  await stopSnarkjs();
  await rm(folder, { recursive: true });
});

describe("circom's circuits", () => {
  it('are proved as snarkjs does it: a Poseidon hash, of files', async () => {
    const zkey = place('poseidon.zkey');
    const { proof, publicSignals } = await fullProve({ inputs: ['3', 4] }, hash.wasm, zkey);
    expect(publicSignals).toEqual([String(poseidon2([3n, 4n]))]);
    const theirs = await zKey.exportVerificationKey(zkey);
    const key = await exportVerificationKey(zkey);
    expect(key).toEqual(theirs);
    expect(await groth16.verify(theirs, publicSignals, proof)).toBe(true);
    expect(await verify(key, publicSignals, proof)).toBe(true);
    expect(await verify(key, [String(poseidon2([3n, 5n]))], proof)).toBe(false);
    const made = await groth16.prove(zkey, { type: 'mem', data: await witnessOf({ inputs: [3, 4] }) });
    expect(made).toEqual({ proof: { ...proof, ...points(made.proof) }, publicSignals });
    expect(Object.keys(proof)).toEqual(Object.keys(made.proof as object));
  });

  it('are proved of files in memory: a Merkle proof', async () => {
    const source = path.join(import.meta.dirname, 'small-merkle.circom');
    const { r1cs, wasm } = await compileCircom(source, folder);
    const key: MemoryFile = { type: 'mem' };
    await developmentSetup(new Uint8Array(await readFile(r1cs)), key);
    const input = { leaf: 7n, siblings: [1n, 2n, 3n], right: [0n, 1n, 0n] };
    const code = new Uint8Array(await readFile(wasm));
    const { proof, publicSignals } = await fullProve(input, code, key);
    expect(publicSignals).toEqual([String(poseidon2([poseidon2([2n, poseidon2([7n, 1n])]), 3n]))]);
    const verifyingKey = await exportVerificationKey(key.data as Uint8Array);
    expect(await groth16.verify(verifyingKey, publicSignals, proof)).toBe(true);
    expect(await verify(verifyingKey, publicSignals, proof)).toBe(true);
    await expect(fullProve({ ...input, right: [0n, 2n, 0n] }, code, key)).rejects.toThrow(/Assert Failed/);
  });

  it("are proved under a key of snarkjs's setup, which what is no phase 1 has none of", async () => {
    await copyRehearsal(place('phase1'));
    const ptau = place('phase1/phase1.ptau');
    const zkey: MemoryFile = { type: 'mem' };
    const theirs: MemoryFile = { type: 'mem' };
    const hashOfCircuit = await setup(hash.r1cs, new Uint8Array(await readFile(ptau)), zkey);
    expect(hashOfCircuit).toEqual(
      new Uint8Array((await zKey.newZKey(hash.r1cs, ptau, theirs)) as Uint8Array),
    );
    const { proof, publicSignals } = await prove(zkey, await witnessOf({ inputs: [3, 4] }));
    expect(await groth16.verify(await exportVerificationKey(zkey), publicSignals, proof)).toBe(true);
    const refused = setup(hash.r1cs, await readFile(hash.r1cs), place('never.zkey'));
    await expect(refused).rejects.toMatchObject({ code: 'SETUP_REFUSED' });
  });
});

describe('a program that proves', () => {
  it('is the one that the page shows, and ends by itself when it has no more to do', async () => {
    const [program] = codeOf('groth16/README.md', 'js');
    const module = path.resolve(import.meta.dirname, '..', '..', '..', 'groth16', 'index.ts');
    await writeFile(place('program.mjs'), program.replace('sliceproof/groth16', module));
    const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder });
    expect(stdout).toBe(`${inspect([String(poseidon2([3n, 4n]))])} true\n`);
  });

  it('is told by name what it did wrong', async () => {
    const witness = await witnessOf({ inputs: [3, 4] });
    const code = (zkey: FileToRead, wtns: FileToRead): Promise<unknown> =>
      prove(zkey, wtns).catch((error: { code?: string }) => error.code);
    expect(await code(place('absent.zkey'), witness)).toBe('PROVE_KEY_UNREADABLE');
    expect(await code(place('poseidon.zkey'), place('absent.wtns'))).toBe('FILE_UNREADABLE');
    expect(await code(place('poseidon.zkey'), { type: 'mem' })).toBe('FILE_WITHOUT_DATA');
    expect(await code(hash.r1cs, witness)).toMatch(/^FORMAT_/);
  });
});

async function witnessOf(input: object): Promise<Uint8Array> {
  const witness: MemoryFile = { type: 'mem' };
  await wtns.calculate(input, hash.wasm, witness);
  return witness.data as Uint8Array;
}

/** What randomness decides. */
function points(proof: unknown): object {
  const { pi_a, pi_b, pi_c } = proof as Record<string, unknown>;
  return { pi_a, pi_b, pi_c };
}
