import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeTranscript, type CeremonyTranscript } from '../../groth16/setup/ceremony/transcript.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { hasKeys, type Manifest } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { expectCircuitsOf } from '../build/ceremony/circuits.ts';
import { sliceFile } from '../build/folder.ts';
import { TRANSCRIPT_FILE } from '../../groth16/setup/ceremony/folder.ts';
import { sizeProblem, verifyingKeyProblem } from '../../groth16/audit/keys.ts';
import { loadBn254, type Bn254 } from '../../groth16/curve/bn254-wasm.ts';
import type { VerifyingKeyJson } from '../../groth16/formats/verifying-key.ts';
import { openSnarkjs } from '../../groth16/setup/ceremony/snarkjs.ts';
import { expectPhase1, isFinished, keyProblem } from '../../groth16/setup/ceremony/verify.ts';
import { sharedSecrets } from '../../groth16/audit/shared-secrets.ts';
import { differs, type Notes } from './finding.ts';

export interface KeyAuditOptions {
  /** Folder of a built model. */
  readonly folder: string;
  /** The phase-1 file of the ceremony, without which its keys can't be checked. */
  readonly phase1?: string;
  readonly allowUnpublished: boolean;
  /** Take a development setup, under which whoever ran it can forge. */
  readonly allowDevelopment: boolean;
  readonly onProgress?: (what: string) => void;
}

/** The keys of all slices: each against its circuit, all against each other, and how they came to be. */
export async function auditKeys(manifest: Manifest, options: KeyAuditOptions, notes: Notes): Promise<void> {
  const { folder, allowDevelopment } = options;
  const curve = await loadBn254();
  const provable = manifest.slices.filter(hasKeys);
  const keys: { slice: number; key: VerifyingKeyJson }[] = [];
  for (const slice of provable) {
    const problem = await problemOf(async () => {
      const provingKey = await readFile(sliceFile(folder, slice.id, 'provingKey'));
      const written: unknown = JSON.parse(
        await readFile(sliceFile(folder, slice.id, 'verifyingKey'), 'utf8'),
      );
      const compared = verifyingKeyProblem(curve, provingKey, written);
      keys.push({ slice: slice.id, key: compared.key });
      return compared.problem;
    });
    notes.note('verifying key from proving key', problem, slice.id);
  }
  const shared = sharedSecrets(keys);
  notes.note('secrets of one circuit only', shared.length === 0 ? undefined : shared.join('; '));

  if (manifest.setup === 'ceremony') return auditCeremony(curve, manifest, options, notes);
  notes.note(
    'setup',
    allowDevelopment
      ? undefined
      : 'a development setup: whoever ran it can forge proofs; --allow-development takes it',
  );
  for (const slice of provable) {
    const problem = await problemOf(async () => {
      const circuit = await readFile(sliceFile(folder, slice.id, 'r1cs'));
      return sizeProblem(curve, circuit, await readFile(sliceFile(folder, slice.id, 'provingKey')));
    });
    notes.note('key fits circuit', problem, slice.id);
  }
}

/** What a check of some of a slice's files finds; files that can't be read or parsed are a finding too. */
async function problemOf(check: () => Promise<string | undefined>): Promise<string | undefined> {
  return check().catch((error: Error) => error.message);
}

async function auditCeremony(
  curve: Bn254,
  manifest: Manifest,
  { folder, phase1: file, allowUnpublished, onProgress = () => undefined }: KeyAuditOptions,
  notes: Notes,
): Promise<void> {
  const transcript = await readTranscriptOf(folder, manifest, notes);
  if (transcript === undefined) return;
  if (file === undefined) {
    notes.note(
      'keys from ceremony',
      'give the phase-1 file with --phase1: without it nothing is known of the keys',
    );
    return;
  }
  const phase1 = await expectPhase1(transcript, file, allowUnpublished);
  notes.note('phase 1', undefined);
  const snarkjs = openSnarkjs();
  try {
    for (const [index, { slice }] of transcript.circuits.entries()) {
      onProgress(`key ${index} of ${transcript.circuits.length}`);
      const files = { r1cs: sliceFile(folder, slice, 'r1cs'), zkey: sliceFile(folder, slice, 'provingKey') };
      notes.note(
        'key from ceremony',
        await keyProblem({ curve, snarkjs }, transcript, phase1, index, files),
        slice,
      );
    }
  } finally {
    await snarkjs.close();
  }
}

async function readTranscriptOf(
  folder: string,
  manifest: Manifest,
  notes: Notes,
): Promise<CeremonyTranscript | undefined> {
  const check = 'transcript';
  try {
    const bytes = await readFile(path.join(folder, TRANSCRIPT_FILE));
    const problem = differs(manifest.transcript?.sha256 ?? '', artifactOf(bytes).sha256);
    const transcript = decodeTranscript(bytes);
    expectCircuitsOf(transcript, manifest);
    notes.note(check, problem ?? (isFinished(transcript) ? undefined : 'the ceremony has no beacon'));
    return transcript;
  } catch (error) {
    if (!(error instanceof SliceproofError) && !('syscall' in (error as object))) throw error;
    notes.note(check, (error as Error).message);
    return undefined;
  }
}
