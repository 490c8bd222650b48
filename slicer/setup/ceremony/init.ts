import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CeremonyTranscript } from '../../../protocol/ceremony.ts';
import { circuitArtifacts, hasKeys, type Manifest, type ManifestSlice } from '../../../protocol/manifest.ts';
import { expectDigest } from '../../../protocol/store/expect-digest.ts';
import { readManifest, sliceFile } from '../../build/folder.ts';
import { loadBn254 } from '../../curve/bn254-wasm.ts';
import { publicSignalCount } from '../../formats/r1cs.ts';
import { readR1cs } from '../../formats/r1cs-file.ts';
import { readZkey } from '../../formats/zkey-file.ts';
import { domainSizeOf } from '../evaluate.ts';
import { readHistory } from './contributions.ts';
import { CeremonyError } from './errors.ts';
import { circuitFile, expectFree, keyFile, roundFolder, writeTranscript } from './folder.ts';
import { readPhase1, type Phase1File } from './phase1.ts';
import { committedOf } from './committed.ts';
import { beginSigma } from './sigma.ts';
import { openSnarkjs } from './snarkjs.ts';

export interface CeremonyToStart {
  /** Folder of a built model. */
  readonly model: string;
  /** A .ptau file, prepared for phase 2. */
  readonly phase1: string;
  /** Take a phase-1 file of which no hash is pinned: whoever made it may forge proofs. */
  readonly allowUnpublished: boolean;
  /** The folder that the ceremony becomes. */
  readonly out: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Starts a ceremony for all provable slices of a built model: keys without any contribution yet.
 * @throws CeremonyError PHASE1_*, CEREMONY_FOLDER, CEREMONY_PHASE1_TOO_SMALL, CEREMONY_SNARKJS; StoreError
 * STORE_WRONG_BYTES when a circuit is not the one of the manifest
 */
export async function initCeremony(options: CeremonyToStart): Promise<CeremonyTranscript> {
  const { model, out, onProgress = () => undefined } = options;
  await expectFree(out);
  const phase1 = await readPhase1(options.phase1, options.allowUnpublished);
  const manifest = await readManifest(model);
  const slices = manifest.slices.filter(hasKeys);
  if (slices.length === 0) {
    throw new CeremonyError('CEREMONY_NO_CIRCUIT', `${manifest.name} has no provable slice`);
  }
  await mkdir(path.dirname(path.resolve(out)), { recursive: true });
  const staging = await mkdtemp(`${path.resolve(out)}.starting-`);
  const snarkjs = openSnarkjs();
  try {
    const curve = await loadBn254();
    await mkdir(path.join(staging, 'circuits'));
    await mkdir(roundFolder(staging, 0));
    const circuits: CeremonyTranscript['circuits'] = [];
    for (const slice of slices) {
      onProgress(circuits.length, slices.length);
      const { r1cs, publicWires } = await copyCircuit(model, slice, phase1, staging);
      const to = keyFile(staging, 0, slice.id);
      const answer = await snarkjs.call({ what: 'new', r1cs, phase1: phase1.file, to });
      if (!answer.done) throw refused(`to start the key of slice ${slice.id}`, answer.reasons);
      const key = await readFile(to);
      const { circuitHash } = readHistory(curve, readZkey(key).contributions);
      const committed = committedOf(slice, publicWires);
      if (committed > 0) await writeFile(to, beginSigma(curve, key, committed));
      circuits.push({
        slice: slice.id,
        r1cs: circuitArtifacts(slice).r1cs.sha256,
        circuitHash,
        publicWires,
        ...(committed === 0 ? {} : { committed }),
      });
    }
    const transcript = transcriptOf(manifest, phase1, circuits);
    await writeTranscript(staging, transcript);
    await rm(out, { recursive: true, force: true });
    await rename(staging, out);
    return transcript;
  } finally {
    await snarkjs.close();
    await rm(staging, { recursive: true, force: true });
  }
}

async function copyCircuit(
  model: string,
  slice: ManifestSlice,
  phase1: Phase1File,
  staging: string,
): Promise<{ readonly r1cs: string; readonly publicWires: number }> {
  const { id } = slice;
  const from = sliceFile(model, id, 'r1cs');
  const bytes = expectDigest(await readFile(from), circuitArtifacts(slice).r1cs.sha256, from);
  const circuit = readR1cs(bytes);
  const power = Math.log2(domainSizeOf(circuit));
  if (power > phase1.power) {
    throw new CeremonyError(
      'CEREMONY_PHASE1_TOO_SMALL',
      `slice ${id} needs a phase 1 for 2^${power} rows, this one has 2^${phase1.power}`,
      { hint: `Take powersOfTau28_hez_final_${String(power).padStart(2, '0')}.ptau or a larger one.` },
    );
  }
  const to = circuitFile(staging, id);
  await writeFile(to, bytes);
  return { r1cs: to, publicWires: publicSignalCount(circuit) };
}

function transcriptOf(
  { name }: Manifest,
  { published, blake2b, power }: Phase1File,
  circuits: CeremonyTranscript['circuits'],
): CeremonyTranscript {
  return {
    format: 'sliceproof-ceremony/1',
    model: name,
    phase1: { published, blake2b, power },
    circuits,
    rounds: [],
  };
}

/** What snarkjs would not do, in its own words. */
export function refused(what: string, reasons: readonly string[]): CeremonyError {
  return new CeremonyError(
    'CEREMONY_SNARKJS',
    `snarkjs refused ${what}: ${reasons.join('; ') || 'no reason given'}`,
  );
}
