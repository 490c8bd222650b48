import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadBn254 } from '../curve/bn254-wasm.ts';
import { readR1cs } from '../formats/r1cs-file.ts';
import type { VerifyingKeyJson } from '../formats/verifying-key.ts';
import { readZkeyHeader } from '../formats/zkey-file.ts';
import { openSnarkjs } from '../setup/ceremony/snarkjs.ts';
import { developmentSetup as makeKeys } from '../setup/development-setup.ts';
import { SetupError } from '../setup/errors.ts';
import { sampleDevelopmentPhase1 } from '../setup/trapdoor.ts';
import { verifyingKeyOf } from '../setup/verifying-key-of.ts';
import { placeOf, readBytes, writeBytes } from './files.ts';
import type { FileToRead, FileToWrite } from './files.ts';

/**
 * A circuit's first proving key, before anybody contributes: snarkjs's `groth16 setup`, which makes it, in a process of its own.
 *
 * @param ptau prepared for phase 2
 * @returns the circuit's hash, 64 bytes
 * @throws SetupError SETUP_REFUSED with snarkjs's reasons; Groth16Error FILE_WITHOUT_DATA; CeremonyError CEREMONY_PROCESS
 */
export async function setup(r1cs: FileToRead, ptau: FileToRead, zkey: FileToWrite): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sliceproof-setup-'));
  const snarkjs = openSnarkjs();
  try {
    const to = typeof zkey === 'string' ? zkey : path.join(folder, 'made.zkey');
    const answer = await snarkjs.call({
      what: 'new',
      r1cs: await fileOf(r1cs, path.join(folder, 'circuit.r1cs')),
      phase1: await fileOf(ptau, path.join(folder, 'phase1.ptau')),
      to,
    });
    if (!answer.done) {
      throw new SetupError('SETUP_REFUSED', `snarkjs made no key: ${answer.reasons.join('; ')}`, {
        hint: 'the circuit is over BN254, and the .ptau prepared for phase 2 and large enough for it',
      });
    }
    const made = await readFile(to);
    if (typeof zkey !== 'string') zkey.data = made;
    return new Uint8Array(readZkeyHeader(made).label);
  } finally {
    await snarkjs.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fileOf(file: FileToRead, name: string): Promise<string> {
  const place = placeOf(file);
  if (typeof place === 'string') return place;
  await writeFile(name, place);
  return name;
}

/**
 * A circuit's proving key without any .ptau, in seconds. Whoever runs it knows what forges proofs: to develop and to test with, and
 * for nothing else; the key's file says so.
 *
 * @throws Groth16Error FILE_WITHOUT_DATA, FILE_UNREADABLE; FormatError as readR1cs; SetupError as developmentSetup
 */
export async function developmentSetup(r1cs: FileToRead, zkey: FileToWrite): Promise<void> {
  const circuit = readR1cs(await readBytes(r1cs));
  const { provingKey } = await makeKeys(circuit, {
    phase1: sampleDevelopmentPhase1((count) => randomBytes(count)),
  });
  await writeBytes(zkey, provingKey);
}

/**
 * The verifying key that a proving key holds: snarkjs's `zKey.exportVerificationKey`.
 *
 * @throws Groth16Error FILE_WITHOUT_DATA, FILE_UNREADABLE; FormatError as readZkeyHeader
 */
export async function exportVerificationKey(zkey: FileToRead): Promise<VerifyingKeyJson> {
  const bytes = await readBytes(zkey);
  return verifyingKeyOf(await loadBn254(), bytes);
}
