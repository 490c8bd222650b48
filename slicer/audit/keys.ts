import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeTranscript, type CeremonyTranscript } from '../../protocol/ceremony.ts';
import { SliceproofError } from '../../protocol/errors.ts';
import { hasKeys, type Manifest, type ManifestSlice } from '../../protocol/manifest.ts';
import { artifactOf } from '../../protocol/store/digest.ts';
import { sliceFile, TRANSCRIPT_FILE } from '../build/folder.ts';
import { loadBn254, type Bn254 } from '../curve/bn254-wasm.ts';
import { publicSignalCount } from '../formats/r1cs.ts';
import { readR1cs } from '../formats/r1cs-file.ts';
import { parseVerifyingKey, type VerifyingKeyJson } from '../formats/verifying-key.ts';
import { readZkey } from '../formats/zkey-file.ts';
import { openSnarkjs } from '../setup/ceremony/snarkjs.ts';
import { expectCircuitsOf, expectPhase1, isFinished, keyProblem } from '../setup/ceremony/verify.ts';
import { pointsProblem } from '../setup/ceremony/key-points.ts';
import { sharedSecrets } from '../setup/shared-secrets.ts';
import { domainSizeOf } from '../setup/evaluate.ts';
import { verifyingKeyOf } from '../setup/verifying-key-of.ts';
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
    const { key, problem } = await verifyingKeyProblem(curve, folder, slice);
    notes.note('verifying key from proving key', problem, slice.id);
    if (key !== undefined) keys.push({ slice: slice.id, key });
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
    notes.note('key fits circuit', await sizeProblem(curve, folder, slice), slice.id);
  }
}

async function verifyingKeyProblem(
  curve: Bn254,
  folder: string,
  { id }: ManifestSlice,
): Promise<{ readonly key?: VerifyingKeyJson; readonly problem?: string }> {
  try {
    const key = verifyingKeyOf(curve, await readFile(sliceFile(folder, id, 'provingKey')));
    const written: unknown = JSON.parse(await readFile(sliceFile(folder, id, 'verifyingKey'), 'utf8'));
    const other = parseVerifyingKey(written);
    const part = (Object.keys(key) as (keyof VerifyingKeyJson)[]).find(
      (name) => JSON.stringify(key[name]) !== JSON.stringify(other[name]),
    );
    const extra = Object.keys(other).find((name) => !(name in key));
    const differing = part ?? extra;
    return differing === undefined ? { key } : { key, problem: `its ${differing} is not the proving key’s` };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/**
 * A development key is not to be trusted whatever it holds; that it is one for a circuit of this size, of points
 * that verifiers take, is to be expected all the same.
 */
async function sizeProblem(curve: Bn254, folder: string, { id }: ManifestSlice): Promise<string | undefined> {
  try {
    const r1cs = readR1cs(await readFile(sliceFile(folder, id, 'r1cs')));
    const bytes = await readFile(sliceFile(folder, id, 'provingKey'));
    const key = readZkey(bytes);
    const publics = publicSignalCount(r1cs);
    const expected = [r1cs.wires, publics, domainSizeOf(r1cs), terms(r1cs) + publics + 1];
    const came = [key.wires, key.publicSignals, key.domainSize, key.coefficients];
    const sizes = differs(expected.join(', '), came.join(', '));
    if (sizes !== undefined) return `wires, public wires, domain, terms: ${sizes}`;
    return await pointsProblem(curve, key, bytes);
  } catch (error) {
    return (error as Error).message;
  }
}

function terms({ a, b }: ReturnType<typeof readR1cs>): number {
  return a.wires.length + b.wires.length;
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
